import { StorageError } from '../base/storage-error.js';
import type { PoolRecord } from '../inventory/records.js';
import type { Consideration } from './allocation.js';

/** How many cartridges a refusal names one by one: what the operator can do something about comes first. */
const NAMED = 6;

/** JOB_NO_VOLUME, with what speaks against each cartridge. */
export function noVolume(pool: PoolRecord, considered: readonly Consideration[]): StorageError {
  const elsewhere = considered.filter(({ reason }) => reason.startsWith('belongs to pool '));
  const near = considered.filter((one) => !elsewhere.includes(one));
  const named = near.slice(0, NAMED).map(({ barcode, reason }) => `${barcode} ${withoutStop(reason)}`);
  const more = near.length - named.length;
  const why = [
    ...named,
    ...(more > 0 ? [`${String(more)} more cannot be written either`] : []),
    ...(elsewhere.length > 0 ? [`${String(elsewhere.length)} belong to other pools`] : []),
  ];
  return new StorageError(
    'JOB_NO_VOLUME',
    `Pool ${pool.name} has no volume to write: ${why.length === 0 ? 'no cartridge is known' : why.join('; ')}. ` +
      `Label a cartridge (\`tapeloom media label BARCODE --pool ${pool.name}\`) or bring one in; ` +
      `\`tapeloom media list --why BARCODE --pool ${pool.name}\` tells what is against one.`,
    { context: { pool: pool.name, considered: considered.length } },
  );
}

/** A reason may be the message of an error. */
function withoutStop(reason: string): string {
  return reason.replace(/\.$/, '');
}
