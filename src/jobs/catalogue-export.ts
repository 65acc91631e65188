import type { CatalogueRecord } from '../inventory/catalogue.js';
import type { Inventory } from '../inventory/inventory.js';
import type { CartridgeRecord } from '../inventory/records.js';
import { CatalogueWriter, type CatalogueHeader } from '../protocol/catalogue-file.js';
import type { StreamId, VolumeId } from '../terms/ids.js';

/**
 * The inventory as it is at the time of the call, as lines of a catalogue; with `pool` in the header only the pool, its volumes,
 * their cartridges, and of the streams on them what lies there.
 */
export function exportCatalogue(inventory: Inventory, header: CatalogueHeader): AsyncIterable<string> {
  const records = inventory.catalogue();
  return writeLines(header.pool === null ? records : onlyOfPool(records, header.pool), header);
}

async function* writeLines(records: AsyncIterable<CatalogueRecord>, header: CatalogueHeader): AsyncGenerator<string> {
  const writer = new CatalogueWriter();
  yield writer.header(header);
  for await (const record of records) yield writer.record(record);
  yield writer.end();
}

async function* onlyOfPool(records: AsyncIterable<CatalogueRecord>, pool: string): AsyncGenerator<CatalogueRecord> {
  const volumes = new Set<VolumeId>();
  let cartridge: CartridgeRecord | null = null;
  let streamId: StreamId | null = null;
  for await (const one of records) {
    switch (one.kind) {
      case 'pool':
        if (one.record.name === pool) yield one;
        break;
      case 'cartridge':
        cartridge = one.record;
        break;
      case 'volume':
        if (one.record.pool !== pool || cartridge === null) break;
        volumes.add(one.record.volumeId);
        yield { kind: 'cartridge', record: cartridge };
        yield one;
        break;
      case 'stream': {
        const isHere = one.record.volumes.some((volumeId) => volumes.has(volumeId));
        streamId = isHere ? one.record.descriptor.streamId : null;
        if (isHere) yield one;
        break;
      }
      case 'extents':
        if (one.record.streamId === streamId && volumes.has(one.record.volumeId)) yield one;
        break;
      default:
        // What happened is not of a pool, and comes last.
        return;
    }
  }
}
