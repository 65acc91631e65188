import { DriveCondition, type DriveTrouble } from '../drive-condition.js';
import type { OperatorCommand } from './operator-command.js';

/** What happens to a drive. */
export const DRIVE_COMMANDS: readonly OperatorCommand[] = [
  trouble('stick', 'have a drive keep its cartridge: it does not come out', 'keeps its cartridge', () => ({
    isStuck: true,
  })),
  trouble('free', 'have it give it back again', 'gives its cartridge back', () => ({ isStuck: false })),
  trouble('ask-cleaning', 'dirty the heads of a drive: it asks for cleaning', 'asks for cleaning', ({ dirtied }) => ({
    dirtied: dirtied + 1,
  })),
];

function trouble(
  name: string,
  summary: string,
  effect: string,
  change: (trouble: DriveTrouble) => Partial<DriveTrouble>,
): OperatorCommand {
  return {
    name,
    usage: 'DRIVE',
    summary,
    words: [1, 1],
    options: [],
    run: (bench, { words: [drive = ''] }) => {
      const number = bench.driveNumber(drive);
      const condition = new DriveCondition(bench.files, bench.rackDirectory, number);
      const before = condition.readTrouble();
      condition.writeTrouble({ ...before, ...change(before) });
      return `/dev/nst${String(number)} ${effect}.`;
    },
  };
}
