import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import type { ScsiWorkerData, ScsiWorkerReply, ScsiWorkerRequest } from './scsi-worker-messages.js';
import { SgNode } from './sg-node.js';
import type { SyscallPortModule } from './syscall-port.js';

/** The thread of one changer: a move that blocks for half an hour blocks nobody else. */
function carryOut(node: SgNode, request: ScsiWorkerRequest): ScsiWorkerReply {
  const { id } = request;
  switch (request.kind) {
    case 'open':
      return { id, kind: 'opened', errno: node.open() };
    case 'execute':
      return { id, kind: 'completed', completion: node.execute(request.command) };
    case 'close':
      node.close();
      return { id, kind: 'closed' };
  }
}

const port = parentPort;
assert(port !== null, 'scsi-worker runs as a worker thread');
const { device, portModuleUrl, portOptions } = workerData as ScsiWorkerData;
// A module chosen at run time has no type; the module contract says what it must export.
const module: unknown = await import(portModuleUrl);
const node = new SgNode(await (module as SyscallPortModule).createSyscallPort(portOptions), device);
port.on('message', (request: ScsiWorkerRequest) => {
  port.postMessage(carryOut(node, request));
  if (request.kind === 'close') port.close();
});
