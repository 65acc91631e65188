/** A drive of the configuration that a changer serves. */
export interface ServedDrive {
  readonly name: string;
  /** Unit serial number; null when it is not known. */
  readonly serial: string | null;
  /** The number of its drive element as the configuration has it; null: the serial number tells. */
  readonly changerDrive: number | null;
}

/** A drive element as far as matching goes. */
export interface DriveElement {
  readonly number: number;
  /** Null: the changer does not tell. */
  readonly serial: string | null;
}

/** Serial numbers are told padded, in either case, and with or without zeros in front. */
export function isSameSerial(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && bareSerial(a) !== '' && bareSerial(a) === bareSerial(b);
}

function bareSerial(serial: string): string {
  return serial.trim().toUpperCase().replace(/^0+/, '');
}

/**
 * Which configured drive is behind which drive element, by the element's number. A serial number that agrees decides; then
 * the configured element; and where there is one drive and one element, and nothing is known that speaks against it, they
 * belong together. Nothing is guessed: a drive without a place is in no entry.
 */
export function matchDrives(
  elements: readonly DriveElement[],
  drives: readonly ServedDrive[],
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const isFree = (drive: ServedDrive): boolean => ![...names.values()].includes(drive.name);
  for (const drive of drives) {
    const [element, another] = elements.filter(({ serial }) => isSameSerial(serial, drive.serial));
    if (element !== undefined && another === undefined && !names.has(element.number))
      names.set(element.number, drive.name);
  }
  for (const drive of drives.filter(isFree)) {
    const element = elements.find(({ number }) => number === drive.changerDrive);
    if (element !== undefined && !names.has(element.number)) names.set(element.number, drive.name);
  }
  const [onlyElement, ...moreElements] = elements;
  const [onlyDrive, ...moreDrives] = drives;
  if (onlyElement === undefined || onlyDrive === undefined || moreElements.length > 0 || moreDrives.length > 0)
    return names;
  const known = onlyElement.serial !== null && onlyDrive.serial !== null;
  if (!names.has(onlyElement.number) && !known && onlyDrive.changerDrive === null)
    names.set(onlyElement.number, onlyDrive.name);
  return names;
}
