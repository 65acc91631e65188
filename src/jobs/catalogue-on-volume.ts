import { StorageError } from '../base/storage-error.js';
import { CatalogueReader, type CatalogueLine, type CatalogueSummary } from '../protocol/catalogue-file.js';
import { isCatalogueStream } from '../terms/own-streams.js';
import { BLOCK_HEADER_BYTES } from '../volume/block-header.js';
import type { BlockSlot } from '../volume/block-slot.js';
import type { CatalogStream } from '../volume/volume-books.js';
import type { VolumeReader } from '../volume/volume-reader.js';

/** Lines handed on at once. */
const PART_LINES = 1000;

/**
 * The newest catalogue that lies whole on a volume, with the lines of it in parts; null when there is none. One that proves damaged
 * when it is read gives way to the one before. It is read twice: nothing of it is handed on before all of it was found good.
 */
export async function findCatalogue(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  streams: readonly CatalogStream[],
): Promise<{ readonly summary: CatalogueSummary; readonly parts: AsyncIterable<readonly CatalogueLine[]> } | null> {
  const newestFirst = streams
    .filter(isWholeCatalogue)
    .sort((a, b) => (b.descriptor?.timeMs ?? 0) - (a.descriptor?.timeMs ?? 0));
  for (const stream of newestFirst) {
    const summary = await check(reader, slots, stream);
    if (summary !== null) return { summary, parts: partsOf(reader, slots, stream) };
  }
  return null;
}

function isWholeCatalogue({ descriptor, state, lengthBytes, extents }: CatalogStream): boolean {
  if (descriptor === null || !isCatalogueStream(descriptor) || state !== 'complete') return false;
  let end = 0;
  for (const { offset, bytes } of extents) {
    if (offset !== end) return false;
    end += bytes;
  }
  return end === lengthBytes;
}

async function check(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  stream: CatalogStream,
): Promise<CatalogueSummary | null> {
  const lines = new CatalogueReader();
  try {
    for await (const payload of payloadsOf(reader, slots, stream)) lines.push(payload);
    return lines.finish();
  } catch (error) {
    if (error instanceof StorageError && NOT_TO_BE_READ.has(error.code)) return null;
    throw error;
  }
}

/** Another catalogue may do. */
const NOT_TO_BE_READ: ReadonlySet<string> = new Set([
  'INVENTORY_FILE_DAMAGED',
  'INVENTORY_FILE_VERSION',
  'JOB_STREAM_DAMAGED',
  'MEDIUM_READ_ERROR',
]);

/** A volume's line is in one part with its cartridge's, the line before. */
async function* partsOf(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  stream: CatalogStream,
): AsyncGenerator<readonly CatalogueLine[]> {
  const lines = new CatalogueReader();
  let part: CatalogueLine[] = [];
  for await (const payload of payloadsOf(reader, slots, stream))
    for (const line of lines.push(payload)) {
      if (part.length >= PART_LINES && line.kind !== 'volume') {
        yield part;
        part = [];
      }
      part.push(line);
    }
  lines.finish();
  if (part.length > 0) yield part;
}

/** The stream's bytes, block by block, each checked; valid until the next is asked for. JOB_STREAM_DAMAGED. */
async function* payloadsOf(
  reader: VolumeReader,
  slots: readonly BlockSlot[],
  { streamId, extents }: CatalogStream,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const extent of extents) {
    await reader.seek(extent.blockAddress, extent.sequence);
    for (let left = extent.blocks; left > 0;) {
      for (const item of await reader.read(slots.slice(0, left))) {
        left--;
        if (item.kind !== 'block' || item.header.streamId !== streamId || item.header.offset !== offset)
          throw new StorageError(
            'JOB_STREAM_DAMAGED',
            `The catalogue ${streamId} is damaged at block ${String(item.blockAddress)} of its volume.`,
            { context: { streamId, blockAddress: item.blockAddress } },
          );
        offset += item.header.payloadBytes;
        // A copy: the slot may lie in shared memory, which a TextDecoder does not take.
        yield Uint8Array.from(item.slot.bytes.subarray(BLOCK_HEADER_BYTES, item.lengthBytes));
      }
    }
  }
}
