import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { BACKSLASH, FORMAT_DELIMITER, LF, QUOTE } from "@colaml/shared/tables/dialect";
import { PROBABILITY_BYTES } from "../../scoring/decimal";

/** Called for each id in the output's order: the two halves of a 64-bit hash, and the place of the id in some bytes. */
export type OnId = (low: number, high: number, bytes: Buffer, start: number, end: number) => void;

/** What a line of NDJSON begins with, before the id and its closing quote. */
const JSON_START = '{"id":"'.length;

/**
 * Walks over the bytes of an output, in pieces of any size, and hashes the id that each line begins with: the same
 * id gives the same hash, quoted or not. About 25 ns per row if no column is copied.
 */
export class OutputIds {
  readonly #output: ChunkPlan["output"];
  readonly #versionBytes: number;
  readonly #onId: OnId;
  readonly #delimiter: number;
  #headerSeen: boolean;
  /** Bytes behind the id that hold neither a quote nor a line end. */
  #plainBytes = 0;
  #carry: Buffer = Buffer.alloc(0);
  /** Of the last id: hash and end. */
  #low = 0;
  #high = 0;
  #end = 0;

  constructor(plan: Pick<ChunkPlan, "output" | "model">, onId: OnId) {
    this.#output = plan.output;
    this.#versionBytes = plan.model.version.length;
    this.#onId = onId;
    this.#delimiter = FORMAT_DELIMITER[plan.output.format];
    this.#headerSeen = plan.output.format === "ndjson";
  }

  add(piece: Buffer): void {
    const bytes = this.#carry.length === 0 ? piece : Buffer.concat([this.#carry, piece]);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#line(bytes, at);
      if (next < 0) break;
      at = next;
    }
    // copied: the piece is the caller's
    this.#carry = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }

  /** Reads the line at `at`; returns where the next one begins, or -1 if it does not end in these bytes. */
  #line(bytes: Buffer, at: number): number {
    if (!this.#headerSeen) return this.#header(bytes, at);
    const json = this.#delimiter < 0;
    const start = json ? at + JSON_START : at;
    const quoted = !json && bytes[at] === QUOTE;
    const first = quoted ? start + 1 : start;
    const closed = json
      ? this.#hashJson(bytes, first)
      : quoted
        ? this.#hashQuoted(bytes, first)
        : this.#hashPlain(bytes, first);
    if (!closed) return -1;
    const end = this.#end;
    const next = json
      ? bytes.indexOf(LF, end) + 1
      : lineEnd(bytes, quoted ? end + 1 : end, this.#plainBytes, this.#delimiter);
    if (next <= 0) return -1;
    this.#onId(this.#low, this.#high, bytes, first, end);
    return next;
  }

  /** The header says how many probabilities there are, and whether a class is written in quotes. */
  #header(bytes: Buffer, at: number): number {
    const next = lineEnd(bytes, at - 1, 0, this.#delimiter);
    if (next < 0) return -1;
    const header = bytes.subarray(at, next);
    const columns = header.toString("latin1").split(String.fromCharCode(this.#delimiter));
    const { passThrough, explain } = this.#output;
    const decides = columns[2] === "decision" ? 1 : 0;
    const others =
      ["id", "label", "model_version"].length + decides + passThrough.length + (explain > 0 ? 1 : 0);
    if (!header.includes(QUOTE)) {
      this.#plainBytes = (columns.length - others) * (1 + PROBABILITY_BYTES) + 1 + this.#versionBytes;
    }
    this.#headerSeen = true;
    return next;
  }

  #hashPlain(bytes: Buffer, first: number): boolean {
    const delimiter = this.#delimiter;
    let low = LOW_SEED;
    let high = HIGH_SEED;
    let at = first;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === delimiter) break;
      low = Math.imul(low ^ byte, LOW_FACTOR);
      high = Math.imul(high ^ byte, HIGH_FACTOR);
    }
    return this.#hashed(low, high, at, bytes);
  }

  /** A doubled quote counts once: what is hashed is the id, not how it is written. */
  #hashQuoted(bytes: Buffer, first: number): boolean {
    let low = LOW_SEED;
    let high = HIGH_SEED;
    let at = first;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE && bytes[++at] !== QUOTE) {
        at--;
        break;
      }
      low = Math.imul(low ^ byte, LOW_FACTOR);
      high = Math.imul(high ^ byte, HIGH_FACTOR);
    }
    return this.#hashed(low, high, at, bytes);
  }

  #hashJson(bytes: Buffer, first: number): boolean {
    let low = LOW_SEED;
    let high = HIGH_SEED;
    let at = first;
    for (let escaped = false; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE && !escaped) break;
      escaped = byte === BACKSLASH && !escaped;
      low = Math.imul(low ^ byte, LOW_FACTOR);
      high = Math.imul(high ^ byte, HIGH_FACTOR);
    }
    return this.#hashed(low, high, at, bytes);
  }

  #hashed(low: number, high: number, end: number, bytes: Buffer): boolean {
    this.#low = Math.imul(low ^ (low >>> 16), MIX_A) ^ Math.imul(high ^ (high >>> 13), MIX_B);
    this.#high = Math.imul(high ^ (high >>> 16), MIX_A) ^ Math.imul(this.#low ^ (this.#low >>> 13), MIX_B);
    this.#end = end;
    return end < bytes.length;
  }
}

// Two multiplicative hashes side by side, mixed at the end (after cyrb53, with all 64 bits kept).
const LOW_SEED = 0xdeadbeef | 0;
const HIGH_SEED = 0x41c6ce57 | 0;
const LOW_FACTOR = 2654435761 | 0;
const HIGH_FACTOR = 1597334677;
const MIX_A = 2246822507 | 0;
const MIX_B = 3266489909 | 0;

/**
 * Where the line ends that has a delimiter at `delimiterAt`, behind which `plainBytes` hold no quote and no line
 * end; -1 if it does not end in these bytes.
 */
function lineEnd(bytes: Buffer, delimiterAt: number, plainBytes: number, delimiter: number): number {
  let at = delimiterAt + 1 + plainBytes;
  let fieldStart = plainBytes === 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (fieldStart && byte === QUOTE) {
      at = closingQuote(bytes, at + 1);
      if (at < 0) return -1;
      fieldStart = false;
    } else if (byte === LF) return at + 1;
    else fieldStart = byte === delimiter;
  }
  return -1;
}

function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at;
  }
  return -1;
}
