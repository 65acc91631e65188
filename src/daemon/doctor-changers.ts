import type { Changer, ChangerElement } from '../changer/changer.js';
import { isSameSerial } from '../changer/drive-matching.js';
import { isStorageError } from '../base/storage-error.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DoctorView } from '../protocol/control-api.js';
import type { Barcode } from '../terms/barcode.js';

type Check = DoctorView['checks'][number];

/** What is listed in one message; the rest is counted. */
const LISTED = 5;

/** Whether a library can be asked, is cabled as the configuration says, and has nothing that would stop the next mount. */
export async function examineChanger(changer: Changer, bays: readonly DriveBay[]): Promise<readonly Check[]> {
  const name = `changer ${changer.name}`;
  let elements: readonly ChangerElement[];
  try {
    elements = await changer.elements();
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return [{ name, result: 'failed', message: error.message }];
  }
  const own = bays.filter((bay) => bay.changer === changer);
  return [
    describeChanger(name, changer, elements),
    ...(await Promise.all(own.map(async (bay) => checkCabling(bay, elements)))),
    ...strangeDrives(name, elements),
    ...duplicates(name, elements),
    ...unreadLabels(name, elements),
    ...brokenElements(name, elements),
  ];
}

function describeChanger(name: string, changer: Changer, elements: readonly ChangerElement[]): Check {
  const { vendor = '', product = '', serial = '' } = changer.identity ?? {};
  const count = (kind: ChangerElement['kind']): string =>
    String(elements.filter((element) => element.kind === kind).length);
  const full = String(elements.filter(({ isFull }) => isFull).length);
  return {
    name,
    result: 'ok',
    message: `${vendor} ${product} serial ${serial} at ${changer.device}: ${count('drive')} drives, ${count('slot')} slots, ${count('import-export')} import/export slots, ${full} cartridges`,
  };
}

/** Which drive element is this drive? By the serial numbers that the drive itself and the changer tell. */
async function checkCabling(bay: DriveBay, elements: readonly ChangerElement[]): Promise<Check> {
  const name = `drive ${bay.name} cabling`;
  const changer = bay.changer.name;
  const serial = await serialOf(bay);
  const drives = elements.filter(({ kind }) => kind === 'drive');
  const element = drives.find(({ drive }) => drive === bay.name);
  const told = drives.map(({ number, driveSerial }) => `${String(number)}: ${driveSerial ?? 'not told'}`).join(', ');
  const own = serial === '' ? 'whose serial number is not known' : `serial ${serial}`;
  if (element === undefined)
    return {
      name,
      result: 'failed',
      message: `${bay.device}, ${own}, is none of the drives of changer ${changer} (${told}): correct its device, or give it changer_drive where the changer does not tell serial numbers`,
    };
  const where = `drive element ${String(element.number)}${element.address === null ? '' : ` (address ${String(element.address)})`} of changer ${changer}`;
  if (element.driveSerial === null || serial === '')
    return {
      name,
      result: 'warning',
      message: `${bay.device} is taken to be ${where} by the configuration; the serial numbers do not tell (drive: ${serial === '' ? 'not known' : serial}, changer: ${element.driveSerial ?? 'not told'})`,
    };
  if (!isSameSerial(serial, element.driveSerial))
    return {
      name,
      result: 'failed',
      message: `${bay.device} has serial ${serial}, but ${where} holds the drive with serial ${element.driveSerial}: cartridges would be loaded into another drive; the changer knows ${told}`,
    };
  return { name, result: 'ok', message: `${bay.device}, serial ${serial}, is ${where}` };
}

/** The drive's own word; what was last known of one that cannot be asked now. */
async function serialOf(bay: DriveBay): Promise<string> {
  if (!bay.isOpen) return bay.record.serial;
  try {
    return (await bay.thread.readStatus()).identity.serial;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return bay.record.serial;
  }
}

function strangeDrives(name: string, elements: readonly ChangerElement[]): readonly Check[] {
  return elements
    .filter(({ kind, drive }) => kind === 'drive' && drive === null)
    .map(({ number, driveSerial }) => ({
      name: `${name} drive ${String(number)}`,
      result: 'warning',
      message: `no configured drive is behind drive element ${String(number)} (serial ${driveSerial ?? 'not told'}); \`tapeloom drive scan\` prints one`,
    }));
}

function duplicates(name: string, elements: readonly ChangerElement[]): readonly Check[] {
  const places = new Map<Barcode, readonly string[]>();
  for (const element of elements)
    if (element.barcode !== null)
      places.set(element.barcode, [...(places.get(element.barcode) ?? []), describe(element)]);
  return [...places]
    .filter(([, where]) => where.length > 1)
    .map(([barcode, where]) => ({
      name: `${name} barcode ${barcode}`,
      result: 'failed',
      message: `${barcode} is in ${where.join(' and in ')}: neither is moved until one of them has another label`,
    }));
}

function unreadLabels(name: string, elements: readonly ChangerElement[]): readonly Check[] {
  const unread = elements.filter(({ isFull, barcode }) => isFull && barcode === null);
  if (unread.length === 0) return [];
  const list = unread.map((element) =>
    element.tag === '' ? describe(element) : `${describe(element)} ("${element.tag}")`,
  );
  return [
    {
      name: `${name} labels`,
      result: 'warning',
      message: `no barcode can be read of the cartridges in ${shortened(list)}: they are not used`,
    },
  ];
}

/** A drive that has its cartridge threaded is out of reach, and nothing is wrong with that. */
function brokenElements(name: string, elements: readonly ChangerElement[]): readonly Check[] {
  const broken = elements.filter(({ exception }) => exception !== null);
  const unreachable = elements.filter(
    ({ kind, isAccessible, exception }) =>
      (kind === 'slot' || kind === 'import-export') && !isAccessible && exception === null,
  );
  const checks: Check[] = [];
  if (broken.length > 0)
    checks.push({
      name: `${name} elements`,
      result: 'warning',
      message: shortened(broken.map((element) => `${describe(element)}: ${element.exception ?? ''}`)),
    });
  if (unreachable.length > 0)
    checks.push({
      name: `${name} reach`,
      result: 'warning',
      message: `the robot cannot get at ${shortened(unreachable.map(describe))}: a magazine or the import/export station is open`,
    });
  return checks;
}

function describe({ kind, number }: ChangerElement): string {
  switch (kind) {
    case 'transport':
      return "the robot's hand";
    case 'drive':
      return `drive ${String(number)}`;
    case 'slot':
      return `slot ${String(number)}`;
    case 'import-export':
      return `import/export slot ${String(number)}`;
  }
}

function shortened(list: readonly string[]): string {
  const more = list.length - LISTED;
  return more > 0 ? `${list.slice(0, LISTED).join(', ')} and ${String(more)} more` : list.join(', ');
}
