/** The client of the streams that the node writes for itself; no other may have the name. */
export const OWN_CLIENT = 'tapeloom';
/** Streams of it that are catalogues (docs/VOLUME-FORMAT.md). */
export const CATALOGUE_STREAM = 'catalogue';

/** A catalogue that the node wrote onto the volumes of a pool. */
export function isCatalogueStream({ client, name }: { readonly client: string; readonly name: string }): boolean {
  return client === OWN_CLIENT && name === CATALOGUE_STREAM;
}
