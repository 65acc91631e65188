import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { unlessGone } from './sysfs-scsi.js';

/**
 * A link that leads to a device node whatever number it has after the next boot: one of udev's below `directory`
 * (/dev/tape/by-id), which end in `-nst` for the no-rewind node of a drive and in `-changer` for a changer. Links that end
 * otherwise may lead to a node that rewinds, or to another after an update of udev. Null when there is none.
 */
export function findStableLink(directory: string, node: string, suffix: '-nst' | '-changer'): string | null {
  const target = unlessGone(() => realpathSync(node));
  const names = unlessGone(() => readdirSync(directory));
  if (target === null || names === null) return null;
  const found = names
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(directory, name))
    .filter((link) => unlessGone(() => realpathSync(link)) === target)
    .sort();
  return found[0] ?? null;
}
