import { StorageError, isStorageError } from '../base/storage-error.js';
import type { Changer, ChangerElement } from '../changer/changer.js';
import type { ChangerStatusView, ChangerView } from '../protocol/changer-api.js';
import type { HardwareView } from '../protocol/hardware-api.js';

/** What the control door asks of the changers. Failures are StorageErrors. */
export interface ChangerControl {
  /** All of them; one that cannot be asked says why. */
  changers(): Promise<readonly ChangerView[]>;
  /** Asked of the changer itself. CHANGER_UNKNOWN, CHANGER_*, DEVICE_*, SCSI_*. */
  changerStatus(changer: string): Promise<ChangerStatusView>;
  /** What is connected to the machine, configured or not. */
  hardware(): Promise<HardwareView>;
}

/** Looks at the changers of a node. */
export class ChangerLooks implements ChangerControl {
  readonly #changers: readonly Changer[];
  readonly #scan: () => Promise<HardwareView>;

  constructor(changers: readonly Changer[], scan: () => Promise<HardwareView>) {
    this.#changers = changers;
    this.#scan = scan;
  }

  async hardware(): Promise<HardwareView> {
    return this.#scan();
  }

  async changers(): Promise<readonly ChangerView[]> {
    return Promise.all(this.#changers.map(viewChanger));
  }

  async changerStatus(name: string): Promise<ChangerStatusView> {
    const changer = this.#changers.find((one) => one.name === name);
    if (changer === undefined)
      throw new StorageError(
        'CHANGER_UNKNOWN',
        `There is no changer ${name}. \`tapeloom changer list\` names those there are.`,
        { context: { changer: name } },
      );
    const elements = await changer.elements();
    return {
      name,
      kind: changer.kind,
      device: changer.device,
      identity: changer.identity === null ? null : { ...changer.identity },
      elements: elements.map((element) => ({ ...element })),
    };
  }
}

async function viewChanger(changer: Changer): Promise<ChangerView> {
  const { elements, problem } = await elementsOf(changer);
  const count = (kind: ChangerElement['kind']): number => elements.filter((element) => element.kind === kind).length;
  return {
    name: changer.name,
    kind: changer.kind,
    device: changer.device,
    drives: [...changer.drives],
    identity: changer.identity === null ? null : { ...changer.identity },
    slots: count('slot'),
    importExportSlots: count('import-export'),
    cartridges: elements.filter(({ isFull }) => isFull).length,
    problem,
  };
}

async function elementsOf(
  changer: Changer,
): Promise<{ readonly elements: readonly ChangerElement[]; readonly problem: string }> {
  try {
    return { elements: await changer.elements(), problem: '' };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { elements: [], problem: error.message };
  }
}
