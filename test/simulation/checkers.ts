import { describeError, isStorageError } from '../../src/base/storage-error.js';
import { RigReceiver } from '../support/restore-rig.js';
import type { WorldNode } from './world-node.js';
import type { WorldStream } from './world-client.js';

/** What must be so of a stream, in the words of a problem; null when it is. */
export async function checkReadable(node: WorldNode, told: WorldStream): Promise<string | null> {
  const { streamId, name, saved, durableBytes, bytes } = told;
  if (streamId === null) return null;
  const record = await node.inventory.stream(streamId);
  if (record === null) return durableBytes > 0 || saved !== null ? `${name} is not in the inventory` : null;
  if (record.state === 'open') return `${name} is shown as open, and nobody writes it`;
  if (saved !== null && record.state !== 'complete') return `${name} was called saved and is ${record.state}`;
  if (record.state === 'complete' && record.lengthBytes !== bytes.length)
    return `${name} is complete with ${String(record.lengthBytes)} of ${String(bytes.length)} bytes`;
  if (record.lengthBytes < durableBytes)
    return `${name} has ${String(record.lengthBytes)} bytes; ${String(durableBytes)} were called durable`;
  const receiver = new RigReceiver();
  try {
    await node.readDurable(record, receiver);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return `${name} cannot be read: ${error.message}`;
  }
  if (receiver.outcome !== 'finished')
    return `${name} cannot be read whole: ${receiver.outcome === null ? 'no end came' : describeError(receiver.outcome)}`;
  if (!receiver.bytes.equals(bytes.subarray(0, record.lengthBytes))) return `${name} comes back with other bytes`;
  return null;
}

/** A restore in the midst of everything: it may fail, but what comes is right. */
export async function restoreAndCompare(node: WorldNode, told: WorldStream): Promise<string | null> {
  const { streamId, name, bytes } = told;
  if (streamId === null) return null;
  const receiver = new RigReceiver();
  const ended = new Promise<void>((resolve) => {
    receiver.onEnd = resolve;
  });
  try {
    await node.restores.openStream('client', { streamId, offset: 0, length: null, partial: true }, receiver);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return null;
  }
  await ended;
  const { length } = receiver.bytes;
  if (!receiver.bytes.equals(bytes.subarray(0, length))) return `a restore of ${name} delivered other bytes`;
  if (receiver.outcome !== 'finished' || length === bytes.length) return null;
  // Of one that was never completed, or lost a volume that was used again, what is there was asked for.
  const isWhole = (await node.inventory.stream(streamId))?.state === 'complete';
  return isWhole ? `a restore of ${name} ended too early` : null;
}
