import { assert } from '../src/base/assert.js';
import type { FilePort } from '../src/device/file-port.js';
import { readCartridge, writeCartridge, type Cartridge } from './cartridge.js';
import { DriveMouth } from './drive-mouth.js';
import { personalityOf, type Personality } from './generations.js';
import { Medium, type KeepPayload } from './medium.js';
import type { SimClock } from './sim-clock.js';
import type { DriveStatistics } from './drive-statistics.js';
import type { DriveTiming } from './timing.js';

/**
 * `empty`: nothing in the mouth. `ejected`: a cartridge lies in it, not loaded. `incompatible`: of a generation the drive
 * cannot read. `cleaning`: a cleaning cartridge is at work.
 */
export type BayState = 'empty' | 'ejected' | 'loading' | 'loaded' | 'incompatible' | 'cleaning';

/**
 * What a look at the bay brought. `medium`: one became ready, or another is in its place; the host must be told that it may
 * have changed. `cleaned`: the cleaning is over. `cleaning-expired`: the cleaning cartridge can clean no more.
 */
export type BayEvent = 'medium' | 'cleaned' | 'cleaning-expired';

/** Native bytes. */
interface Amounts {
  readonly written: number;
  readonly read: number;
}

export interface CartridgeUsage {
  readonly sinceLoad: Amounts;
  readonly lifetime: Amounts;
}

export interface BayEnvironment {
  readonly files: FilePort;
  readonly rackDirectory: string;
  readonly driveNumber: number;
  readonly personality: Personality;
  readonly keepPayload: KeepPayload;
  readonly clock: SimClock;
  readonly timing: DriveTiming;
  readonly statistics: DriveStatistics;
}

/**
 * What is in a drive: it takes in what the operator's hand put into the mouth, loads and ejects it. A cartridge that is put
 * in loads by itself, which takes its time; meanwhile the drive is `loading`. A cleaning cartridge cleans, and is ejected then.
 */
export class CartridgeBay {
  readonly #environment: BayEnvironment;
  readonly #mouth: DriveMouth;
  #state: BayState = 'empty';
  #medium: Medium | null = null;
  #barcode: string | null = null;
  #insertion = 0;
  #readyAt = 0;
  /** Counters when the cartridge was loaded, and when its chip last learned of them. */
  #atLoad: Amounts = { written: 0, read: 0 };
  #saved: Amounts = { written: 0, read: 0 };

  constructor(environment: BayEnvironment) {
    this.#environment = environment;
    this.#mouth = new DriveMouth(environment.files, environment.rackDirectory, environment.driveNumber);
  }

  /**
   * Takes the drive over from whoever had it open last: a cartridge that was loaded then is loaded still, for the drive kept
   * its power. Only who holds the drive's lock may do this: opening a cartridge cuts its files where they are not whole,
   * and another process may be writing them.
   */
  resume(): void {
    const { barcode, insertion } = this.#mouth.readContent();
    const state = this.#mouth.readState();
    // What was put in since is for `look` to notice.
    if (barcode === null || state?.insertion !== insertion) return;
    this.#release();
    this.#barcode = barcode;
    this.#insertion = insertion;
    if (state.state === 'ejected') this.#state = 'ejected';
    else if (this.#cartridge().cleaningUsesLeft === null) this.#thread();
    else this.#beginCleaning();
  }

  get state(): BayState {
    return this.#state;
  }

  /** The loaded cartridge; null in every other state. */
  get medium(): Medium | null {
    return this.#medium;
  }

  /** Looks into the mouth, and whether what takes time is done. */
  look(): BayEvent | null {
    const { barcode, insertion } = this.#mouth.readContent();
    if (insertion !== this.#insertion) {
      this.#release();
      this.#insertion = insertion;
      this.#barcode = barcode;
      this.#state = barcode === null ? 'empty' : 'loading';
      this.#readyAt = this.#secondsFromNow(this.#environment.timing.loadSeconds);
    }
    const loaded = this.#isDue('loading') ? this.#load() : null;
    return loaded ?? (this.#isDue('cleaning') ? this.#endCleaning() : null);
  }

  #isDue(state: BayState): boolean {
    return this.#state === state && this.#environment.clock.seconds() >= this.#readyAt;
  }

  #secondsFromNow(seconds: number): number {
    const { clock } = this.#environment;
    return clock.seconds() + (clock.mode === 'off' ? 0 : seconds);
  }

  /** Somebody who hears that the drive is busy with itself waits for it: on a virtual clock nobody else would let time pass. */
  awaitReady(): void {
    const { clock } = this.#environment;
    const isBusy = this.#state === 'loading' || this.#state === 'cleaning';
    if (isBusy && clock.mode === 'virtual') clock.spend(this.#readyAt - clock.seconds());
  }

  /** LOAD of what is in the mouth: returns when it is ready. Null when it was before. */
  load(): BayEvent | null {
    const { clock, timing } = this.#environment;
    if (this.#state === 'ejected') timing.load(timing.loadSeconds);
    else if (this.#state === 'loading') timing.load(this.#readyAt - clock.seconds());
    else return null;
    return this.#load();
  }

  /** The tape is wound back and the cartridge lies in the mouth. */
  eject(): void {
    if (this.#barcode === null) return;
    this.#release();
    this.#state = 'ejected';
    this.#mouth.writeState({ insertion: this.#insertion, state: 'ejected' });
  }

  /** Native bytes of this load and of the cartridge's life. */
  get usage(): CartridgeUsage {
    const now = this.#counted();
    const cartridge = this.#medium?.cartridge;
    return {
      sinceLoad: { written: now.written - this.#atLoad.written, read: now.read - this.#atLoad.read },
      lifetime: {
        written: (cartridge?.lifetimeBytesWritten ?? 0) + now.written - this.#saved.written,
        read: (cartridge?.lifetimeBytesRead ?? 0) + now.read - this.#saved.read,
      },
    };
  }

  /** Closes the cartridge's files; `resume` opens them again. */
  park(): void {
    this.#release();
  }

  #load(): BayEvent | null {
    this.#environment.statistics.add('loads', 1);
    const { cleaningUsesLeft } = this.#cartridge();
    if (cleaningUsesLeft === 0) {
      this.eject();
      return 'cleaning-expired';
    }
    this.#mouth.writeState({ insertion: this.#insertion, state: 'loaded' });
    if (cleaningUsesLeft !== null) {
      this.#beginCleaning();
      return null;
    }
    this.#thread();
    this.#atLoad = this.#saved;
    const medium = this.#medium;
    medium?.update({ loadCount: medium.cartridge.loadCount + 1 });
    return 'medium';
  }

  #beginCleaning(): void {
    this.#state = 'cleaning';
    this.#readyAt = this.#secondsFromNow(this.#environment.personality.cleaningSeconds);
  }

  #endCleaning(): BayEvent {
    const cartridge = this.#cartridge();
    const { cleaningUsesLeft, loadCount } = cartridge;
    writeCartridge(this.#environment.files, this.#cartridgeDirectory, {
      ...cartridge,
      cleaningUsesLeft: Math.max(0, (cleaningUsesLeft ?? 0) - 1),
      loadCount: loadCount + 1,
    });
    this.eject();
    return 'cleaned';
  }

  get #cartridgeDirectory(): string {
    return `${this.#environment.rackDirectory}/cartridges/${this.#barcode ?? ''}`;
  }

  #cartridge(): Cartridge {
    const cartridge = readCartridge(this.#environment.files, this.#cartridgeDirectory);
    assert(cartridge !== null, `${this.#cartridgeDirectory} holds a cartridge`);
    return cartridge;
  }

  #thread(): void {
    const { files, personality, keepPayload, timing } = this.#environment;
    const medium = new Medium(files, this.#cartridgeDirectory, keepPayload);
    const { generation } = medium.cartridge;
    if (!personality.readable.includes(generation)) {
      medium.close();
      this.#state = 'incompatible';
      return;
    }
    this.#medium = medium;
    this.#state = 'loaded';
    this.#saved = this.#counted();
    timing.usePersonality(personalityOf(generation));
  }

  /** The cartridge's chip learns what was done with it when the cartridge leaves. */
  #release(): void {
    const medium = this.#medium;
    if (medium === null) return;
    const { written, read } = this.usage.lifetime;
    this.#medium = null;
    this.#saved = this.#counted();
    const { lifetimeBytesWritten, lifetimeBytesRead } = medium.cartridge;
    if (written !== lifetimeBytesWritten || read !== lifetimeBytesRead)
      medium.update({ lifetimeBytesWritten: written, lifetimeBytesRead: read });
    medium.close();
  }

  #counted(): Amounts {
    const { statistics } = this.#environment;
    return { written: statistics.get('nativeBytesWritten'), read: statistics.get('nativeBytesRead') };
  }
}
