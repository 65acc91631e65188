import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * How tokens are kept: `sha256:` and the hex SHA-256 of the token's UTF-8. A plain hash is enough because tokens are long and random,
 * made by a machine; a word that a person chose would need a slow one.
 */
export type TokenHash = string;

/** Stands in for the hash of a client that does not exist, so that an unknown name takes as long as a wrong token. */
const NOBODY = hashToken('');

export function hashToken(token: string): TokenHash {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}

/** Whether `client` is known and `token` is the one its hash was made of; takes the same time whatever is wrong. */
export function checkToken(hashes: ReadonlyMap<string, TokenHash>, client: string, token: string): boolean {
  const expected = hashes.get(client);
  const equal = timingSafeEqual(Buffer.from(hashToken(token)), Buffer.from(expected ?? NOBODY));
  return equal && expected !== undefined;
}
