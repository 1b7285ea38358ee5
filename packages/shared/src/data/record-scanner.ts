const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** What `scan` returns instead of the next record's position. */
export const INCOMPLETE = -1;
export const BROKEN = -2;

/** Fields of a record that are kept; more are only counted. */
export const MAX_COLUMNS = 10_000;

/**
 * Finds the fields of one delimited record (RFC 4180, as lenient as pandas) in bytes.
 *
 * A field that starts with a quote runs to the next single quote, `""` in it stands for one; after it only a
 * delimiter or a line end may come, at most `maxFieldBytes` later: else the record is broken. In any other field
 * a quote is an ordinary byte. Lines end with LF, CR LF, or with the single byte that `newline` says.
 *
 * Per field, loops run over one byte table without bounds checks: the caller keeps a newline at `end`.
 */
export class RecordScanner {
  /** Fields of the last record, all of them. */
  nFields = 0;
  /** Newlines inside the last record's quotes. */
  innerLines = 0;
  /** Span of each field, quotes left out. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where the span holds doubled quotes. */
  readonly escaped: Uint8Array;
  /** Where the last quoted field opened; -1 where the record ran on outside quotes. */
  opened = -1;
  /** Newlines inside quotes before that field. */
  openedLines = 0;
  readonly #maxFieldBytes: number;
  readonly #delimiter: number;
  readonly #newline: number;
  readonly #stopsUnquoted = new Uint8Array(256);
  readonly #stopsQuoted = new Uint8Array(256);

  constructor(delimiter: number, newline: number, maxFieldBytes: number, maxColumns = MAX_COLUMNS) {
    this.#maxFieldBytes = maxFieldBytes;
    this.#delimiter = delimiter;
    this.#newline = newline;
    this.starts = new Int32Array(maxColumns);
    this.ends = new Int32Array(maxColumns);
    this.escaped = new Uint8Array(maxColumns);
    for (const stop of [delimiter, newline]) this.#stopsUnquoted[stop] = 1;
    for (const stop of [newline, QUOTE]) this.#stopsQuoted[stop] = 1;
  }

  /**
   * Scans the record that starts at `start`. `bytes[end]` must be a newline, which ends the last record of the
   * input when `final`.
   *
   * @returns where the next record starts; INCOMPLETE when it runs beyond `end`; BROKEN
   */
  scan(bytes: Uint8Array, start: number, end: number, final: boolean): number {
    const stops = this.#stopsUnquoted;
    const delimiter = this.#delimiter;
    const { starts, ends, escaped } = this;
    let field = 0;
    let p = start;
    this.innerLines = 0;
    for (;;) {
      const kept = field < starts.length ? field : starts.length - 1;
      field++;
      if (bytes[p] === QUOTE && p < end) {
        p = this.#quoted(bytes, p + 1, end, kept);
        if (p < 0) return p;
      } else {
        const fieldStart = p;
        while (stops[bytes[p]!] === 0) p++;
        starts[kept] = fieldStart;
        ends[kept] = p;
        escaped[kept] = 0;
      }
      if (bytes[p] === delimiter) {
        p++;
        continue;
      }
      if (p >= end && !final) {
        this.opened = -1;
        return INCOMPLETE;
      }
      this.nFields = field;
      const unquoted = ends[kept] === p && p > starts[kept]!;
      if (unquoted && bytes[p - 1] === CR && this.#newline === LF) ends[kept] = p - 1;
      return p + 1;
    }
  }

  /** From behind an opening quote to the delimiter or newline behind the closing one. */
  #quoted(bytes: Uint8Array, start: number, end: number, kept: number): number {
    const stops = this.#stopsQuoted;
    let doubled = 0;
    let p = start;
    this.opened = start - 1;
    this.openedLines = this.innerLines;
    for (;;) {
      while (stops[bytes[p]!] === 0) p++;
      if (p >= end) return INCOMPLETE;
      if (bytes[p] !== QUOTE) {
        this.innerLines++;
        p++;
      } else if (p + 1 < end && bytes[p + 1] === QUOTE) {
        doubled = 1;
        p += 2;
      } else break;
    }
    if (p - this.opened > this.#maxFieldBytes) return BROKEN;
    this.starts[kept] = start;
    this.ends[kept] = p;
    this.escaped[kept] = doubled;
    return this.#behindQuote(bytes, p + 1);
  }

  #behindQuote(bytes: Uint8Array, p: number): number {
    // At `end` the newline is the sentinel; what really follows decides, and `scan` asks for it.
    const next = bytes[p];
    if (next === this.#delimiter || next === this.#newline) return p;
    const crlf = next === CR && this.#newline === LF && bytes[p + 1] === LF;
    return crlf ? p + 1 : BROKEN;
  }
}

/** Turns doubled quotes of a span into single ones, in place. Returns the new end. */
export function unescapeQuotes(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  for (let from = start; from < end; from++) {
    bytes[to++] = bytes[from]!;
    if (bytes[from] === QUOTE) from++;
  }
  return to;
}
