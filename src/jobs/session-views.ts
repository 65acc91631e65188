import type { SessionView } from '../protocol/control-api.js';
import type { RestoreService } from './restore-service.js';
import type { SaveSessionSnapshot } from '../transfer/save-session.js';
import type { SaveService } from './save-service.js';
import type { SaveVolumes } from './save-volumes.js';

const NO_SECONDS = { mount: 0, position: 0, waitForData: 0, waitForCredit: 0, write: 0, read: 0, flush: 0 };

/** The sessions at work, as the control door shows them. */
export function viewSessions(saves: SaveService, restores: RestoreService): readonly SessionView[] {
  return [...saves.running.map(viewSave), ...restores.running.map(viewRestore)];
}

function viewSave({ sessionId, pool, startedMs, session, volumes }: SaveService['running'][number]): SessionView {
  const snapshot = session.snapshot();
  const { bay, preparing } = volumes;
  return {
    sessionId,
    kind: 'save',
    pool: pool.name,
    drive: bay?.name ?? null,
    barcode: bay?.loaded ?? null,
    state: stateOfSave(snapshot.state, volumes),
    next: preparing === null ? null : { drive: preparing.bay.name, barcode: preparing.barcode },
    startedMs,
    bytes: snapshot.bytes,
    blocks: snapshot.blocks,
    checkpoints: snapshot.checkpoints,
    seconds: { ...snapshot.seconds },
    streams: snapshot.streams.map(({ descriptor, receivedBytes, writtenBytes, durableBytes }) => ({
      streamId: descriptor.streamId,
      client: descriptor.client,
      name: descriptor.name,
      receivedBytes,
      writtenBytes,
      durableBytes,
    })),
  };
}

function stateOfSave(state: SaveSessionSnapshot['state'], volumes: SaveVolumes): SessionView['state'] {
  if (volumes.isWaitingForOperator) return 'waiting-for-operator';
  return state === 'mounting' && volumes.bay === null ? 'waiting-for-drive' : state;
}

function viewRestore({ sessionId, startedMs, lease, pass }: RestoreService['running'][number]): SessionView {
  const report = pass?.snapshot() ?? null;
  return {
    sessionId,
    kind: 'restore',
    pool: null,
    drive: lease?.bay.name ?? null,
    barcode: lease?.bay.loaded ?? null,
    state: lease === null ? 'waiting-for-drive' : report === null ? 'mounting' : 'running',
    next: null,
    startedMs,
    bytes: report?.bytesDelivered ?? 0,
    blocks: report?.blocksRead ?? 0,
    checkpoints: 0,
    seconds: report === null ? NO_SECONDS : { ...report.seconds },
    streams: [],
  };
}
