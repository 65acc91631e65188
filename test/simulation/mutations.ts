/** A mistake planted in the compiled program: text that stands there once, and what takes its place. */
export interface Mutation {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/** The ways in which a storage node loses what it acknowledged. Each must be found by the worlds of `world.ts`. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'acknowledges before the drive has flushed',
    edits: [
      {
        file: 'src/drive/st-writes.js',
        from: 'let result = this.#device.operate(MT_OP.writeFilemarks, count);',
        to: 'let result = this.#device.operate(MT_OP.writeFilemarksImmediate, count);',
      },
      { file: 'src/volume/counted-position.js', from: 'blocksInBuffer > 0', to: 'false' },
    ],
  },
  {
    name: 'acknowledges before the inventory has the batch',
    edits: [
      {
        file: 'src/transfer/checkpoint-procedure.js',
        from: '    await commit({\n        volumeId: writer',
        to: '    void commit({\n        volumeId: writer',
      },
    ],
  },
  {
    name: 'takes a batch that failed for one that was written',
    edits: [
      {
        file: 'src/inventory/ledger.js',
        from: 'this.fail(error);\n            throw error;',
        to: '',
      },
    ],
  },
  {
    name: 'appends before the end of data',
    edits: [
      {
        file: 'src/media/volume-mounting.js',
        from: 'await bay.thread.locateEndOfData();',
        to: 'await bay.thread.locate(Math.max(3, volume.endOfData.blockAddress - 8));',
      },
      { file: 'src/media/end-of-data.js', from: 'if (found === expected)', to: 'if (found <= expected)' },
    ],
  },
  {
    name: 'forgets a block that is to be written again',
    edits: [{ file: 'src/transfer/volume-writer.js', from: 'items.toReversed()', to: 'items.slice(1).toReversed()' }],
  },
  {
    name: 'forgets what was to be written again after a volume failed',
    edits: [
      {
        file: 'src/transfer/saving-stream.js',
        from: 'const isNeeded =',
        to: 'if (!this.isDropped) { for (const { slot } of blocks ?? []) this.#share.give(slot); this.#startedOn = null; return true; }\n        const isNeeded =',
      },
    ],
  },
  {
    name: 'forgets one block of what is written again after a volume failed',
    edits: [
      {
        file: 'src/transfer/saving-stream.js',
        from: 'this.#queue = [...blocks, ...this.#queue]',
        to: 'this.#queue = [...blocks.slice(1), ...this.#queue]',
      },
    ],
  },
  {
    name: 'writes over the tail that a kill left, and counts on from there',
    edits: [
      {
        file: 'src/media/end-of-data.js',
        from: 'await thread.locateEndOfData();',
        to: 'await thread.locate(Math.max(3, expected - 8));',
      },
    ],
  },
  {
    name: 'shows a stream as complete that its client never ended',
    edits: [
      {
        file: 'src/jobs/checkpoint-books.js',
        from: "stream.state === 'aborted' ? 'incomplete' : stream.state",
        to: "stream.state === 'aborted' ? 'complete' : stream.state",
      },
    ],
  },
  {
    name: 'leaves an extent out of the books',
    edits: [
      {
        file: 'src/jobs/checkpoint-books.js',
        from: 'return stream.extents.map(',
        to: 'return (stream.extents.length > 1 ? stream.extents.slice(1) : stream.extents).map(',
      },
    ],
  },
];
