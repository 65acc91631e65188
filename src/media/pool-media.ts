import type { PoolRecord } from '../inventory/records.js';
import { mediaTypeOfBarcode, mediumOfBarcode, type Barcode } from '../terms/barcode.js';

/**
 * Why a cartridge cannot become a volume of the pool, as the end of a sentence that begins with the barcode; null when it can,
 * as far as the barcode tells.
 */
export function poolMediumProblem(pool: PoolRecord, barcode: Barcode): string | null {
  const medium = mediumOfBarcode(barcode);
  const type = mediaTypeOfBarcode(barcode);
  if (medium === 'cleaning') return 'is a cleaning cartridge; it cannot hold a volume';
  if ((medium === 'disk') !== (pool.kind === 'disk'))
    return `is ${medium === 'disk' ? 'a disk volume' : 'a tape cartridge'}, pool ${pool.name} is of kind ${pool.kind}`;
  if (medium === 'worm' && pool.worm === 'refused') return `is WORM, which pool ${pool.name} refuses`;
  if (medium === 'data' && pool.worm === 'required') return `is not WORM, which pool ${pool.name} requires`;
  if (pool.mediaTypes.length > 0 && !pool.mediaTypes.includes(type))
    return `is of type ${type}, pool ${pool.name} takes ${pool.mediaTypes.join(', ')}`;
  return null;
}
