/** A logical unit behind an iSCSI target, as it is written in configurations: `iscsi://HOST[:PORT]/TARGET/LUN`. */
export interface IscsiAddress {
  /** `HOST:PORT`. */
  readonly portal: string;
  /** An iSCSI qualified name. */
  readonly target: string;
  readonly lun: number;
}

const SCHEME = 'iscsi://';
const DEFAULT_PORT = 3260;
/** iqn. and naa. and eui. names (RFC 7143 4.2.7); the IPv6 address of a portal stands in brackets. */
const FORM =
  /^iscsi:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\/((?:iqn|naa|eui)\.[A-Za-z0-9.:_-]+)\/(\d{1,5})$/;
/** Of the flat addressing that libiscsi sends. */
const MAX_LUN = 16_383;

export function isIscsiPath(path: string): boolean {
  return path.startsWith(SCHEME);
}

/** Null when it is none. */
export function parseIscsiAddress(text: string): IscsiAddress | null {
  const [, host, port, target, lun] = FORM.exec(text) ?? [];
  if (host === undefined || target === undefined || lun === undefined) return null;
  const portNumber = port === undefined ? DEFAULT_PORT : Number(port);
  if (portNumber < 1 || portNumber > 0xffff || Number(lun) > MAX_LUN) return null;
  return { portal: `${host}:${String(portNumber)}`, target, lun: Number(lun) };
}
