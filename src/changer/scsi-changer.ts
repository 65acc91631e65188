import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { SerialQueue } from '../base/serial-queue.js';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { ScsiChannel } from '../device/scsi-channel.js';
import {
  encodeInitializeElementRangeCdb,
  encodeInitializeElementStatusCdb,
} from '../scsi/initialize-element-status.js';
import { encodeMoveMediumCdb } from '../scsi/move-medium.js';
import { encodePreventAllowCdb } from '../scsi/prevent-allow.js';
import type { Changer, ChangerElement, ChangerIdentity, ElementName, ReachableCartridge } from './changer.js';
import { askChangerIdentity } from './changer-identity.js';
import { CHANGER_LIMITS, CHANGER_TIMEOUTS_MS } from './changer-limits.js';
import { ChangerTarget } from './changer-target.js';
import type { ServedDrive } from './drive-matching.js';
import { describeElement, locationOf, mapElements, type MappedElement } from './element-map.js';
import { ElementReader } from './element-reader.js';
import { explainFailedMove } from './failed-move.js';
import {
  planEject,
  planLoad,
  planTransfer,
  planUnload,
  type Move,
  type MovePlan,
  type MoveScene,
} from './move-plan.js';

export interface ScsiChangerOptions {
  readonly name: string;
  readonly channel: ScsiChannel;
  /** The drives of the configuration that name this changer, as they are known now: a serial number may come later. */
  readonly drives: () => readonly ServedDrive[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A library or autoloader (SMC-3). Elements are read before each operation, never remembered: an operator may have been at
 * the library, and so may another host. A changer that could not be opened, or was unplugged, is opened again by whoever
 * wants something of it.
 */
export class ScsiChanger implements Changer {
  readonly kind = 'scsi';
  readonly name: string;
  readonly #options: ScsiChangerOptions;
  readonly #target: ChangerTarget;
  readonly #reader: ElementReader;
  readonly #queue = new SerialQueue();
  #state: 'new' | 'open' | 'closed' = 'new';
  #identity: ChangerIdentity | null = null;

  constructor(options: ScsiChangerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#target = new ChangerTarget(options.name, options.channel, options.clock, options.logger);
    this.#reader = new ElementReader(this.#target);
  }

  get device(): string {
    return this.#target.device;
  }

  get drives(): readonly string[] {
    return this.#options.drives().map(({ name }) => name);
  }

  get identity(): ChangerIdentity | null {
    return this.#identity;
  }

  async open(): Promise<void> {
    await this.#queue.run(async () => {
      this.#state = 'new';
      await this.#scene();
    });
  }

  async close(): Promise<void> {
    await this.#queue.run(async () => {
      this.#state = 'closed';
      await this.#target.close();
    });
  }

  async elements(): Promise<readonly ChangerElement[]> {
    return this.#queue.run(async () => (await this.#scene()).elements);
  }

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    const elements = await this.elements();
    const drives = elements.flatMap(({ drive }) => (drive === null ? [] : [drive]));
    return elements
      .filter(({ isFull }) => isFull)
      .map((element) => ({
        barcode: element.barcode,
        tag: element.tag,
        location: locationOf(element, this.name),
        reachableBy: isReachable(element) ? drives : [],
      }));
  }

  async rescan(signal: AbortSignal, slots?: { readonly first: number; readonly count: number }): Promise<void> {
    await this.#queue.run(async () => {
      const { elements } = await this.#scene(signal);
      const ranges = slots === undefined ? null : addressRanges(elements, slots);
      const isDone = ranges !== null && (await this.#initializeRanges(ranges, signal));
      if (!isDone) await this.#initialize(encodeInitializeElementStatusCdb(), signal);
      this.#reader.forget();
      await this.#scene(signal);
    }, signal);
  }

  async load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void> {
    await this.#queue.run(async () => this.#carryOut((scene) => planLoad(scene, barcode, drive), signal), signal);
  }

  async unload(drive: string, signal: AbortSignal, slot?: number): Promise<CartridgeLocation | null> {
    const plan = (scene: MoveScene): MovePlan => planUnload(scene, drive, slot ?? null);
    const at = await this.#queue.run(async () => this.#carryOut(plan, signal), signal);
    return at === null ? null : locationOf(at, this.name);
  }

  async transfer(from: ElementName, to: ElementName, signal: AbortSignal): Promise<void> {
    await this.#queue.run(async () => this.#carryOut((scene) => planTransfer(scene, from, to), signal), signal);
  }

  async eject(barcode: Barcode, signal: AbortSignal): Promise<CartridgeLocation> {
    const at = await this.#queue.run(async () => this.#carryOut((scene) => planEject(scene, barcode), signal), signal);
    assert(at !== null, 'a cartridge that was found is somewhere');
    return locationOf(at, this.name);
  }

  async lock(locked: boolean): Promise<void> {
    await this.#queue.run(async () => {
      await this.#ready();
      // A changer without a lock does not know the command; then there is nothing to lock.
      await this.#target.sendRegardless({
        name: 'PREVENT ALLOW MEDIUM REMOVAL',
        cdb: encodePreventAllowCdb({ prevent: locked }),
        timeoutMs: CHANGER_TIMEOUTS_MS.preventAllow,
        operation: 'other',
      });
    });
  }

  async provide(): Promise<void> {
    // Cartridges come from the operator.
  }

  /** Takes the device where it is not taken. Whatever is now behind the node is looked at anew. */
  async #ready(): Promise<void> {
    if (this.#state === 'closed')
      throw new StorageError('CHANGER_NOT_READY', `Changer ${this.name} is closed. Nothing was moved.`, {
        context: { changer: this.name },
      });
    if (this.#state === 'open' && this.#target.isOpen) return;
    await this.#target.open();
    this.#reader.forget();
    this.#identity = await askChangerIdentity(this.#target);
    this.#state = 'open';
  }

  async #scene(signal?: AbortSignal): Promise<MoveScene> {
    await this.#ready();
    const reading = await this.#reader.read(signal);
    const elements = mapElements(reading, this.#options.drives());
    return { changer: this.name, elements, transport: reading.transportAddress };
  }

  /**
   * Looks, plans and moves; again from the look when the changer says that something may have changed. Returns where the
   * cartridge is now; null when there was none.
   */
  async #carryOut(plan: (scene: MoveScene) => MovePlan, signal: AbortSignal): Promise<MappedElement | null> {
    for (let n = 0; n < CHANGER_LIMITS.unitAttentions; n++) {
      const scene = await this.#scene(signal);
      const planned = plan(scene);
      if (planned.kind === 'none') return planned.at;
      signal.throwIfAborted();
      if (await this.#move(planned, scene.transport, signal)) return planned.to;
      this.#reader.forget();
    }
    throw this.#target.endlessAttentions();
  }

  /** False: not carried out for a unit attention. */
  async #move(move: Move, transport: number, signal: AbortSignal): Promise<boolean> {
    const { from, to } = move;
    const fields = { changer: this.name, barcode: from.barcode, from: describeElement(from), to: describeElement(to) };
    try {
      const reply = await this.#target.send(
        {
          name: 'MOVE MEDIUM',
          cdb: encodeMoveMediumCdb({
            transport,
            source: from.address,
            destination: to.address,
            invert: false,
          }),
          timeoutMs: CHANGER_TIMEOUTS_MS.move,
          operation: 'move',
        },
        signal,
      );
      if (reply.kind === 'attention') return false;
      if (reply.kind === 'not-supported') throw reply.error;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const verdict = await explainFailedMove(move, error, async () => (await this.#scene()).elements);
      if (verdict.kind === 'failed') {
        this.#options.logger.log('error', 'changer.move-failed', verdict.error.message, {
          ...fields,
          code: verdict.error.code,
        });
        throw verdict.error;
      }
      this.#options.logger.log('warn', 'changer.answer-lost', verdict.message, fields);
    }
    this.#options.logger.log('info', 'changer.moved', `${fields.from} to ${fields.to}.`, fields);
    return true;
  }

  /** False: the changer knows no ranges. */
  async #initializeRanges(
    ranges: readonly { readonly first: number; readonly count: number }[],
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const range of ranges)
      if (!(await this.#initialize(encodeInitializeElementRangeCdb({ fast: false, range }), signal))) return false;
    return true;
  }

  /** False: the changer does not know the command. */
  async #initialize(cdb: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const reply = await this.#target.sendRegardless(
      { name: 'INITIALIZE ELEMENT STATUS', cdb, timeoutMs: CHANGER_TIMEOUTS_MS.initialize, operation: 'other' },
      signal,
    );
    return reply.kind === 'good';
  }
}

/** A drive that has not ejected yet does so when asked; a slot the robot cannot get at stays out of reach. */
function isReachable(element: ChangerElement): boolean {
  return element.kind === 'drive' ? element.drive !== null : element.isAccessible || element.kind === 'transport';
}

/** Runs of consecutive addresses that those slots have. CHANGER_ELEMENT_UNKNOWN when there is no such slot. */
function addressRanges(
  elements: readonly MappedElement[],
  { first, count }: { readonly first: number; readonly count: number },
): readonly { readonly first: number; readonly count: number }[] {
  const addresses = elements
    .filter(({ kind, number }) => isSlot(kind) && number >= first && number < first + count)
    .map(({ address }) => address);
  if (addresses.length < count)
    throw new StorageError(
      'CHANGER_ELEMENT_UNKNOWN',
      `The changer has not all of the slots ${String(first)} to ${String(first + count - 1)}. Nothing was moved.`,
      { context: { first, count } },
    );
  const ranges: { first: number; count: number }[] = [];
  for (const address of addresses) {
    const last = ranges.at(-1);
    if (last !== undefined && last.first + last.count === address) last.count++;
    else ranges.push({ first: address, count: 1 });
  }
  return ranges;
}

function isSlot(kind: ChangerElement['kind']): boolean {
  return kind === 'slot' || kind === 'import-export';
}
