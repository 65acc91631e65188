import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.js';
import { listChangers } from '../device/changer-discovery.js';
import type { ScsiChannel } from '../device/scsi-channel.js';
import { findStableLink } from '../device/stable-links.js';
import { isIscsiPath } from '../device/iscsi-address.js';
import type { IscsiOptions } from '../device/iscsi-syscalls.js';
import { unlessGone } from '../device/sysfs-scsi.js';
import { findTapeDrive, listTapeDrives } from '../device/tape-discovery.js';
import { WorkerScsiChannel } from '../device/worker-scsi-channel.js';
import type { FoundDevice, Machine } from './machine.js';

const ISCSI_PORT_MODULE_URL = new URL('../device/iscsi-syscalls.js', import.meta.url).href;
export const LINUX_PORT_MODULE_URL = new URL('../device/linux-syscalls.js', import.meta.url).href;

/** How this daemon calls itself to iSCSI targets: an iqn. name of a domain that nobody can own (RFC 2606), with the machine's name. */
const INITIATOR = `iqn.2026-01.invalid.tapeloom:${hostname()
  .toLowerCase()
  .replaceAll(/[^a-z0-9.-]/g, '-')}`;

/** What the kernel has found, by sysfs; and logical units behind iSCSI targets, of which it knows nothing. */
export class LinuxMachine implements Machine {
  readonly #clock: Clock;
  readonly #sysfs: string;
  readonly #links: string;

  constructor(clock: Clock, sysfs = '/sys', links = '/dev/tape/by-id') {
    this.#clock = clock;
    this.#sysfs = sysfs;
    this.#links = links;
  }

  drives(): readonly FoundDevice[] {
    return listTapeDrives(this.#sysfs).map((drive) => ({
      ...drive,
      node: drive.devicePath,
      stablePath: findStableLink(this.#links, drive.devicePath, '-nst'),
    }));
  }

  changers(): readonly FoundDevice[] {
    return listChangers(this.#sysfs).map((device) => ({
      ...device,
      node: device.genericPath,
      stablePath: device.genericPath === null ? null : findStableLink(this.#links, device.genericPath, '-changer'),
    }));
  }

  nodeOf(path: string): string | null {
    return unlessGone(() => realpathSync(path));
  }

  /** Unit serial number of the tape drive behind a device path. */
  serialOf(path: string): string | null {
    return findTapeDrive(this.#sysfs, path)?.serial ?? null;
  }

  openChannel(node: string): ScsiChannel {
    const portOptions: IscsiOptions = { initiator: INITIATOR };
    const port = isIscsiPath(node)
      ? { portModuleUrl: ISCSI_PORT_MODULE_URL, portOptions }
      : { portModuleUrl: LINUX_PORT_MODULE_URL, portOptions: {} };
    return new WorkerScsiChannel({ device: node, ...port }, this.#clock);
  }
}
