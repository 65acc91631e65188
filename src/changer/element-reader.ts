import { StorageError, isStorageError } from '../base/storage-error.js';
import {
  decodeElementAddressModePage,
  ELEMENT_ADDRESS_PAGE_CODE,
  type ElementAddressModePage,
  type ElementRange,
} from '../scsi/element-address-mode-page.js';
import type { ElementDescriptor } from '../scsi/element-descriptor.js';
import { identifyDrive } from '../scsi/element-device.js';
import { decodeElementStatus } from '../scsi/element-status.js';
import { decodeModeSenseData, findModePage } from '../scsi/mode-parameters.js';
import { encodeModeSenseCdb, MODE_PAGE_CONTROL } from '../scsi/mode-sense.js';
import { ELEMENT_TYPES, encodeReadElementStatusCdb } from '../scsi/read-element-status.js';
import { CHANGER_LIMITS, CHANGER_TIMEOUTS_MS } from './changer-limits.js';
import type { ChangerReply, ChangerTarget } from './changer-target.js';

/** What a changer said of its elements, by type, each in the order of addresses. */
export interface ElementReading {
  readonly transports: readonly ElementDescriptor[];
  readonly drives: readonly ElementDescriptor[];
  readonly slots: readonly ElementDescriptor[];
  readonly importExports: readonly ElementDescriptor[];
  /** Serial numbers of drives by element address; those the changer does not tell are not in it. */
  readonly driveSerials: ReadonlyMap<number, string>;
  /** Address to name in a move. */
  readonly transportAddress: number;
}

/** Longest answer to MODE SENSE(6). */
const MODE_SENSE_BYTES = 252;
/** Of a changer that does not tell its addresses: all of them, whatever they are. */
const ANYWHERE: ElementRange = { first: 0, count: 0xffff };

/**
 * Asks a changer for its elements: one type at a time, at most 1000 elements and 64 KiB at once (Proxmox: some changers
 * ignore the top byte of the allocation length), volume tags first and identifiers of drives in another query, since some
 * cannot give both at once. Addresses and serial numbers are kept until something may have changed them.
 */
export class ElementReader {
  readonly #target: ChangerTarget;
  #addresses: ElementAddressModePage | null = null;
  #driveSerials: ReadonlyMap<number, string> | null = null;
  /** Types of which a changer refuses to be asked for tags: all without a label reader, or just the robot's hand. */
  readonly #withoutTags = new Set<number>();

  constructor(target: ChangerTarget) {
    this.#target = target;
  }

  /** What was kept is asked anew. */
  forget(): void {
    this.#addresses = null;
    this.#driveSerials = null;
    this.#withoutTags.clear();
  }

  /** From the beginning again whenever a unit attention says that what was read may be another meanwhile. */
  async read(signal?: AbortSignal): Promise<ElementReading> {
    for (let n = 0; n < CHANGER_LIMITS.unitAttentions; n++) {
      const reading = await this.#readOnce(signal);
      if (reading !== null) return reading;
      this.forget();
    }
    throw this.#target.endlessAttentions();
  }

  /** Null after a unit attention. */
  async #readOnce(signal: AbortSignal | undefined): Promise<ElementReading | null> {
    const addresses = (this.#addresses ??= await this.#askAddresses(signal));
    if (addresses === null) return null;
    const transports = await this.#askElements('transport', addresses.transport, signal);
    const drives = transports && (await this.#askElements('drive', addresses.drive, signal));
    const slots = drives && (await this.#askElements('storage', addresses.storage, signal));
    const importExports = slots && (await this.#askElements('importExport', addresses.importExport, signal));
    if (transports === null || drives === null || slots === null || importExports === null) return null;
    const driveSerials = (this.#driveSerials ??= await this.#askSerials(addresses.drive, signal));
    if (driveSerials === null) return null;
    this.#refuseTwice([...transports, ...drives, ...slots, ...importExports]);
    const transportAddress = transports[0]?.address ?? addresses.transport.first;
    return { transports, drives, slots, importExports, driveSerials, transportAddress };
  }

  /** Mode page 1Dh. Null after a unit attention. */
  async #askAddresses(signal: AbortSignal | undefined): Promise<ElementAddressModePage | null> {
    const reply = await this.#target.send(
      {
        name: 'MODE SENSE(6) page 1Dh',
        cdb: encodeModeSenseCdb(6, {
          disableBlockDescriptors: true,
          pageControl: MODE_PAGE_CONTROL.current,
          pageCode: ELEMENT_ADDRESS_PAGE_CODE,
          subpageCode: 0,
          allocationLength: MODE_SENSE_BYTES,
        }),
        replyBytes: MODE_SENSE_BYTES,
        timeoutMs: CHANGER_TIMEOUTS_MS.modeSense,
        operation: 'other',
      },
      signal,
    );
    if (reply.kind === 'attention') return null;
    const page =
      reply.kind === 'good' ? findModePage(decodeModeSenseData(6, reply.data), ELEMENT_ADDRESS_PAGE_CODE) : null;
    if (page !== null) return decodeElementAddressModePage(page);
    return { transport: ANYWHERE, storage: ANYWHERE, importExport: ANYWHERE, drive: ANYWHERE };
  }

  /** Page by page until there are no more. Null after a unit attention. */
  async #askElements(
    type: 'transport' | 'storage' | 'importExport' | 'drive',
    { first, count }: ElementRange,
    signal: AbortSignal | undefined,
    withDeviceIds = false,
  ): Promise<readonly ElementDescriptor[] | null> {
    const elements: ElementDescriptor[] = [];
    let next = first;
    while (elements.length < count && next <= 0xffff) {
      const wanted = Math.min(count - elements.length, CHANGER_LIMITS.elementsPerQuery);
      const reply = await this.#query(ELEMENT_TYPES[type], next, wanted, withDeviceIds, signal);
      if (reply.kind === 'attention') return null;
      if (reply.kind === 'not-supported') {
        // Behind the last element, or none of this type: changers that were asked for all of them say so like this.
        // Without identifiers the configuration tells which drive is which.
        if (elements.length > 0 || count === ANYWHERE.count || withDeviceIds) break;
        throw reply.error;
      }
      const { pages, missing } = decodeElementStatus(reply.data);
      const came = pages
        .filter((page) => page.elementType === ELEMENT_TYPES[type])
        .flatMap(({ descriptors }) => descriptors);
      const last = came.at(-1);
      // tgt sends 8 bytes too few: the identifier of the last drive is cut off.
      if (last === undefined && missing > 0 && !withDeviceIds)
        throw this.#nonsense('announces elements and sends none');
      if (last === undefined) break;
      if (came.some(({ address }) => address < next)) throw this.#nonsense('sends elements that were not asked for');
      elements.push(...came);
      next = Math.max(...came.map(({ address }) => address)) + 1;
      if (missing === 0 && came.length < wanted) break;
    }
    return elements.sort((a, b) => a.address - b.address);
  }

  async #query(
    elementType: number,
    firstAddress: number,
    count: number,
    withDeviceIds: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ChangerReply> {
    const ask = async (withVolumeTags: boolean): Promise<ChangerReply> => {
      const cdb = encodeReadElementStatusCdb({
        elementType,
        withVolumeTags,
        firstAddress,
        count,
        currentDataOnly: false,
        withDeviceIds,
        allocationLength: CHANGER_LIMITS.elementStatusBytes,
      });
      const replyBytes = CHANGER_LIMITS.elementStatusBytes;
      const timeoutMs = CHANGER_TIMEOUTS_MS.elementStatus;
      try {
        return await this.#target.send(
          { name: 'READ ELEMENT STATUS', cdb, replyBytes, timeoutMs, operation: 'other' },
          signal,
        );
      } catch (error) {
        if (!isStorageError(error, 'CHANGER_ELEMENT_UNKNOWN')) throw error;
        return { kind: 'not-supported', error };
      }
    };
    const withTags = !withDeviceIds && !this.#withoutTags.has(elementType);
    const reply = await ask(withTags);
    if (!withTags || reply.kind !== 'not-supported') return reply;
    // No label reader, or nothing of this type: the answer without tags tells.
    const without = await ask(false);
    if (without.kind === 'good') this.#withoutTags.add(elementType);
    return without;
  }

  /** Null after a unit attention. Without an answer there are no serial numbers, and drives are told by the configuration. */
  async #askSerials(range: ElementRange, signal: AbortSignal | undefined): Promise<ReadonlyMap<number, string> | null> {
    const drives = await this.#askElements('drive', range, signal, true);
    if (drives === null) return null;
    const serials = drives.map(({ address, device }): [number, string] => [
      address,
      device === null ? '' : identifyDrive(device).serial,
    ]);
    return new Map(serials.filter(([, serial]) => serial !== ''));
  }

  #refuseTwice(elements: readonly ElementDescriptor[]): void {
    const addresses = new Set(elements.map(({ address }) => address));
    if (addresses.size < elements.length) throw this.#nonsense('has two elements at one address');
  }

  #nonsense(what: string): StorageError {
    return new StorageError(
      'SCSI_MALFORMED_REPLY',
      `The changer at ${this.#target.device} ${what}. Nothing was moved; check its firmware.`,
      { context: { device: this.#target.device }, disposition: 'ask-operator' },
    );
  }
}
