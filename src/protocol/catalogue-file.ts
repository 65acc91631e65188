import { createHash } from 'node:crypto';
import { StorageError } from '../base/storage-error.js';

/**
 * A catalogue as a file: lines of JSON, one document each (docs/VOLUME-FORMAT.md, catalogue). The first is the header, the last the
 * trailer with the number of records and the SHA-256 of all bytes before it; between them one record a line.
 */
export const CATALOGUE_FORMAT = 'tapeloom-catalogue';
export const CATALOGUE_VERSION = 1;

export interface CatalogueHeader {
  /** Whose inventory, written by which program when. */
  readonly node: string;
  readonly software: string;
  readonly createdMs: number;
  /** Only what belongs to this pool; null: everything. */
  readonly pool: string | null;
}

/** A record whose kind and shape are for the inventory to judge. */
export interface CatalogueLine {
  readonly kind: string;
  readonly record: unknown;
}

/** Of a file that was read to its end and is whole. */
export interface CatalogueSummary {
  readonly header: CatalogueHeader;
  readonly records: number;
  readonly sha256: string;
}

/** Characters of a line: a job of a thousand steps with long messages has a million. */
const LINE_CHARACTERS = 8 * 1024 * 1024;

/** The lines of a catalogue that is written: `header`, then any number of `record`, then `end`. */
export class CatalogueWriter {
  readonly #hash = createHash('sha256');
  #records = 0;

  header({ node, software, createdMs, pool }: CatalogueHeader): string {
    const header = { format: CATALOGUE_FORMAT, version: CATALOGUE_VERSION, node, software, createdMs, pool };
    return this.#line(header);
  }

  record({ kind, record }: CatalogueLine): string {
    this.#records++;
    return this.#line({ kind, record });
  }

  end(): string {
    return `${JSON.stringify({ kind: 'end', records: this.#records, sha256: this.#hash.digest('hex') })}\n`;
  }

  #line(document: Readonly<Record<string, unknown>>): string {
    const line = `${JSON.stringify(document)}\n`;
    this.#hash.update(line);
    return line;
  }
}

/**
 * Reads a catalogue chunk by chunk. What `push` returns is whole lines, and may be believed only when `finish` did not throw.
 * Throws INVENTORY_FILE_DAMAGED, and INVENTORY_FILE_VERSION for a file of a later program.
 */
export class CatalogueReader {
  readonly #hash = createHash('sha256');
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest = '';
  #lines = 0;
  #records = 0;
  #header: CatalogueHeader | null = null;
  #summary: CatalogueSummary | null = null;

  /** Null before the first line was read. */
  get header(): CatalogueHeader | null {
    return this.#header;
  }

  push(chunk: Uint8Array): readonly CatalogueLine[] {
    const text = this.#rest + this.#decode(chunk, true);
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_CHARACTERS) throw this.#damaged('a line of it has no end');
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  finish(): CatalogueSummary {
    this.#rest += this.#decode(new Uint8Array(), false);
    if (this.#summary === null || this.#rest !== '') throw this.#damaged('its end is missing: it was cut short');
    return this.#summary;
  }

  #decode(chunk: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(chunk, { stream });
    } catch (cause) {
      throw this.#damaged('it is not UTF-8', cause);
    }
  }

  #take(line: string): CatalogueLine | null {
    this.#lines++;
    if (this.#summary !== null) throw this.#damaged('something follows its end');
    const document = this.#parse(line);
    if (this.#header === null) {
      this.#header = this.#readHeader(document);
      this.#hash.update(`${line}\n`);
      return null;
    }
    if (document['kind'] === 'end') {
      this.#summary = this.#checkEnd(document, this.#header);
      return null;
    }
    this.#hash.update(`${line}\n`);
    const { kind, record } = document;
    if (typeof kind !== 'string' || record === undefined) throw this.#damaged('it is not a record');
    this.#records++;
    return { kind, record };
  }

  #parse(line: string): Readonly<Record<string, unknown>> {
    let document: unknown;
    try {
      document = JSON.parse(line);
    } catch (cause) {
      throw this.#damaged('it is not JSON', cause);
    }
    if (typeof document !== 'object' || document === null || Array.isArray(document))
      throw this.#damaged('it is not an object');
    return document as Readonly<Record<string, unknown>>;
  }

  #readHeader(document: Readonly<Record<string, unknown>>): CatalogueHeader {
    const { format, version, node, software, createdMs, pool } = document;
    if (format !== CATALOGUE_FORMAT) throw this.#damaged('it does not begin as a catalogue of Tapeloom');
    if (version !== CATALOGUE_VERSION)
      throw new StorageError(
        'INVENTORY_FILE_VERSION',
        `The catalogue has version ${String(version)}; this program knows ${String(CATALOGUE_VERSION)}. Nothing was changed. ` +
          'Read it with the program that wrote it, or a newer one.',
        { context: { version: String(version) } },
      );
    if (
      typeof node !== 'string' ||
      typeof software !== 'string' ||
      typeof createdMs !== 'number' ||
      !(pool === null || typeof pool === 'string')
    )
      throw this.#damaged('its header has a wrong shape');
    return { node, software, createdMs, pool };
  }

  #checkEnd(document: Readonly<Record<string, unknown>>, header: CatalogueHeader): CatalogueSummary {
    const { records, sha256 } = document;
    if (records !== this.#records)
      throw this.#damaged(`its end counts ${String(records)} records, there are ${String(this.#records)}`);
    if (sha256 !== this.#hash.digest('hex')) throw this.#damaged('its bytes are not those that were written');
    return { header, records: this.#records, sha256 };
  }

  #damaged(problem: string, cause?: unknown): StorageError {
    const line = this.#lines;
    return new StorageError(
      'INVENTORY_FILE_DAMAGED',
      `The catalogue is damaged at line ${String(line)}: ${problem}. Nothing of it may be believed; take another copy.`,
      { context: { line, problem }, cause },
    );
  }
}
