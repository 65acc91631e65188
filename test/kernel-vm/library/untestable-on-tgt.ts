const NO_READ_POSITION = 'its READ POSITION tells nothing (20h and zeros): positions are counted, filemarks are not';
const NO_ERASE = 'it has no ERASE';
const UNFAILING = 'it cannot be made to fail without breaking the file of the cartridge';
const NO_PROTECTED_SPACE =
  'it refuses SPACE, as a write, when the medium is write-protected; that writes are refused the tape node shows';
const NO_MEMORY = 'it has no READ ATTRIBUTE';
const NO_PAGES = 'it has no LOG SENSE';

/** Clauses of the TapeDrive contract that tgt 1.0.85 cannot show, and why: read in its source, and seen. */
export const UNTESTABLE_ON_TGT: Readonly<Record<string, string>> = {
  'loading: does not take a cartridge that can be written over for one that cannot':
    'its mode page 1Dh has the WORM bit for every cartridge',
  'loading: unloads to the mouth, from where it loads again':
    'it takes LOAD UNLOAD for the START STOP UNIT of a disk, and does nothing without LOEJ',
  'reading and writing: erases (short) what is behind the position and nothing before it': NO_ERASE,
  'reading and writing: erases (long) what is behind the position and nothing before it': NO_ERASE,
  'the position: counts filemarks alone': NO_READ_POSITION,
  'near the end of the medium: accepts every block up to the end once, and says of the first that does not fit that nothing of it was written':
    'behind early warning it accepts blocks without end',
  'with a write-protected medium: tells so and reads': NO_PROTECTED_SPACE,
  'with a write-protected medium: refuses to write, and what is there stays': NO_PROTECTED_SPACE,
  'with a write-protected medium: refuses to erase, and what is there stays': NO_ERASE,
  'after a failure: of a write, keeps what was synchronized and refuses to write before it was positioned': UNFAILING,
  'after a failure: of a write, leaves no filemark behind when it is closed': UNFAILING,
  'after a failure: of filemarks, keeps what was synchronized before and refuses to write on': UNFAILING,
  'after a failure: of a synchronize, keeps what was synchronized before and refuses to write on': UNFAILING,
  'after a failure: of a read, reads every other block': UNFAILING,
  'its health: knows how much still fits, and less and less does': NO_PAGES,
  'the cartridge memory: cannot be asked or written without a medium': NO_MEMORY,
  'tells what is known of the medium': NO_MEMORY,
};
