/** How bad a TapeAlert flag is (SSC-4): critical asks for somebody now, warning soon. */
export type TapeAlertSeverity = 'critical' | 'warning' | 'information';

export interface TapeAlertFlag {
  /** 1..64. */
  readonly flag: number;
  readonly name: string;
  readonly severity: TapeAlertSeverity;
  /** What it means for the operator. */
  readonly meaning: string;
}

export const TAPE_ALERT_COUNT = 64;

type Entry = readonly [name: string, severity: TapeAlertSeverity, meaning: string];

const FLAGS: Readonly<Record<number, Entry>> = {
  0x01: [
    'read warning',
    'warning',
    'Reading gets difficult. Copy what is on the cartridge, then retire it or clean the drive.',
  ],
  0x02: ['write warning', 'warning', 'Writing gets difficult. Use another cartridge and clean the drive.'],
  0x03: ['hard error', 'warning', 'A read or write failed for good; another flag says why.'],
  0x04: ['medium', 'critical', 'The cartridge is failing. Copy it on another drive and retire it.'],
  0x05: [
    'read failure',
    'critical',
    'A read failed for good; either the cartridge or the drive is at fault. Try the cartridge in another drive.',
  ],
  0x06: [
    'write failure',
    'critical',
    'A write failed for good; either the cartridge or the drive is at fault. Try another cartridge.',
  ],
  0x07: ['medium life', 'warning', 'The cartridge has reached the end of its life. Copy it and retire it.'],
  0x08: ['not data grade', 'warning', 'The cartridge is not made for data. Do not keep anything on it.'],
  0x09: [
    'write protect',
    'critical',
    'A write was tried on a write-protected cartridge. Move its tab or use another one.',
  ],
  0x0a: [
    'removal prevented',
    'information',
    'Somebody tried to eject while the cartridge is in use. Wait, or unload it first.',
  ],
  0x0b: ['cleaning medium', 'information', 'The cartridge in the drive is a cleaning cartridge.'],
  0x0c: ['unsupported format', 'information', 'The drive cannot use this kind of cartridge or its format.'],
  0x0d: [
    'recoverable mechanical cartridge failure',
    'critical',
    'The tape snapped or jammed, but the cartridge can be ejected. Retire it.',
  ],
  0x0e: [
    'unrecoverable mechanical cartridge failure',
    'critical',
    'The tape snapped or jammed and cannot be ejected. Do not force it; call service.',
  ],
  0x0f: [
    'cartridge memory failure',
    'warning',
    'The memory chip of the cartridge failed; everything on it gets slower. Copy it and retire it.',
  ],
  0x10: ['forced eject', 'critical', 'The cartridge was ejected by hand while it was in use; its end may be missing.'],
  0x11: ['read-only format', 'warning', 'The drive can read this kind of cartridge but not write it.'],
  0x12: [
    'tape directory corrupted on load',
    'warning',
    'The directory of the tape is damaged: positioning is slow. Reading everything once rebuilds it.',
  ],
  0x13: ['nearing medium life', 'information', 'The cartridge will reach the end of its life soon. Plan to copy it.'],
  0x14: ['clean now', 'critical', 'The drive cannot go on without cleaning. Clean it now.'],
  0x15: ['clean periodic', 'warning', 'The drive is due for cleaning. Clean it when it is next free.'],
  0x16: ['expired cleaning medium', 'critical', 'The cleaning cartridge is used up. Discard it and use another one.'],
  0x17: ['invalid cleaning medium', 'critical', 'The cleaning cartridge is of the wrong kind for this drive.'],
  0x18: ['retension requested', 'warning', 'The tape should be wound to its end and back once.'],
  0x19: [
    'multi-port interface error',
    'warning',
    'One of the ports of the drive does not work any more. Check its cable.',
  ],
  0x1a: ['cooling fan failure', 'warning', 'A fan of the drive failed.'],
  0x1b: ['power supply failure', 'warning', 'A redundant power supply failed.'],
  0x1c: ['power consumption', 'warning', 'The drive draws more power than it should.'],
  0x1d: ['preventive maintenance required', 'warning', 'The drive is due for maintenance, other than cleaning.'],
  0x1e: ['hardware A', 'critical', 'The drive has a hardware fault that a reset may clear.'],
  0x1f: ['hardware B', 'critical', 'The drive has a hardware fault that it found in a self-test; it needs repair.'],
  0x20: ['primary interface', 'warning', 'The interface to the host has a problem. Check cables and host adapter.'],
  0x21: ['eject medium', 'critical', 'The drive recovers when the cartridge is ejected and loaded again.'],
  0x22: ['microcode update failure', 'warning', 'New firmware could not be loaded. Try the right image again.'],
  0x23: ['drive humidity', 'warning', 'It is too humid or too dry for the drive.'],
  0x24: ['drive temperature', 'warning', 'The drive is too hot or too cold. Check the cooling.'],
  0x25: ['drive voltage', 'warning', 'A supply voltage of the drive is out of its range.'],
  0x26: ['predictive failure', 'critical', 'The drive expects to fail. Replace it before it does.'],
  0x27: ['diagnostics required', 'warning', 'The drive asks for a run of its diagnostics.'],
  0x28: ['loader hardware A', 'critical', 'The loader has a fault in talking to the drive. Check it and load again.'],
  0x29: ['loader stray tape', 'critical', 'A cartridge was left in the loader by an earlier fault. Take it out.'],
  0x2a: ['loader hardware B', 'warning', 'The mechanics of the loader have a fault.'],
  0x2b: ['loader door', 'critical', 'A door of the loader is open.'],
  0x2c: ['loader hardware C', 'critical', 'The loader has a fault that is not mechanical.'],
  0x2d: ['loader magazine', 'critical', 'The loader has no magazine. Put it in.'],
  0x2e: ['loader predictive failure', 'warning', 'The loader expects to fail.'],
  0x2f: ['key management communication failure', 'warning', 'The drive could not reach what controls its encryption.'],
  0x30: ['key manager error', 'warning', 'The key manager answered the drive with an error.'],
  0x31: ['diminished native capacity', 'warning', 'The cartridge holds less than it should.'],
  0x32: ['lost statistics', 'warning', 'Statistics of the drive or the cartridge were lost.'],
  0x33: [
    'tape directory invalid at unload',
    'warning',
    'The directory of the tape could not be written at unload: positioning will be slow.',
  ],
  0x34: [
    'system area write failure',
    'critical',
    'The system area of the tape could not be written. Copy the cartridge and retire it.',
  ],
  0x35: [
    'system area read failure',
    'critical',
    'The system area of the tape could not be read. Try another drive, then copy the cartridge.',
  ],
  0x36: [
    'no start of data',
    'critical',
    'The beginning of the data was not found: the cartridge is damaged, degaussed or of the wrong kind.',
  ],
  0x37: ['load failure', 'critical', 'The cartridge could not be loaded or threaded. Try it again; then retire it.'],
  0x38: [
    'unrecoverable unload failure',
    'critical',
    'The cartridge cannot be unloaded. Do not force it; call service.',
  ],
  0x39: ['automation interface failure', 'critical', 'The drive and the library do not talk to each other.'],
  0x3a: ['microcode failure', 'warning', 'The firmware of the drive failed and was restarted.'],
  0x3b: [
    'WORM integrity check failed',
    'warning',
    'The WORM cartridge may have been tampered with. Keep it, and write nothing more to it.',
  ],
  0x3c: [
    'WORM overwrite attempted',
    'warning',
    'Something tried to write over data on a WORM cartridge; it was refused.',
  ],
  0x3d: [
    'encryption policy violation',
    'warning',
    'What was asked is not allowed by the encryption policy of the drive.',
  ],
};

/** What is known about a flag; flags that the standard keeps free are warnings without a meaning of their own. */
export function tapeAlertFlag(flag: number): TapeAlertFlag {
  const [name, severity, meaning] = FLAGS[flag] ?? [
    `reserved flag ${String(flag)}`,
    'warning',
    'The standard gives this flag no meaning; see the manual of the drive.',
  ];
  return { flag, name, severity, meaning };
}
