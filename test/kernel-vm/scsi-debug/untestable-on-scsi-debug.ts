const NO_PROTECTION = 'its option wp is for disks; a tape is never protected';
const NO_MEMORY = 'it has no READ ATTRIBUTE';

/** Clauses of the TapeDrive contract that scsi_debug of Linux 7.3 cannot show, and why: read in its source, and seen. */
export const UNTESTABLE_ON_SCSI_DEBUG: Readonly<Record<string, string>> = {
  'the position: counts filemarks alone': 'its READ POSITION has no long form, which alone tells the file number',
  'with a write-protected medium: tells so and reads': NO_PROTECTION,
  'with a write-protected medium: refuses to write, and what is there stays': NO_PROTECTION,
  'with a write-protected medium: refuses to erase, and what is there stays': NO_PROTECTION,
  'its health: knows how much still fits, and less and less does': 'it has no log page of the capacity',
  'the cartridge memory: cannot be asked or written without a medium': NO_MEMORY,
  'tells what is known of the medium': NO_MEMORY,
};
