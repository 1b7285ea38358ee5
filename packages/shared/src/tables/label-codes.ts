import { ColaError } from "../errors/cola-error";
import { normaliseLabel } from "./labels";
import { isMissing, type MissingValues } from "./missing-values";

/** More distinct labels than this are an id or a text, not a class. */
const MAX_LABELS = 1000;
/** Code of a field that holds no label. */
export const NO_LABEL = 0xffff;
/** Code of a field with bytes that are not UTF-8, or with U+FFFD or half a character in their place: whose letters are lost. */
export const DAMAGED_LABEL = 0xfffe;
/** U+FFFD, or half of a character (JSON's `"\\ud800"`), which UTF-8 cannot hold: two such labels would become one. */
const LOST_LETTER = /\uFFFD|\p{Surrogate}/u;
const CACHE = 1024;

/**
 * Labels by the bytes they are written in: each distinct normalised label gets a code, in order of appearance.
 * A direct-mapped cache of spellings spares decoding: a column has a handful of them, millions of times.
 */
export class LabelCodes {
  /** Label of each code. */
  readonly names: string[] = [];
  /** Values such as `None` that are on the list of missing ones: somebody's class may be called so. */
  readonly listed = new Set<string>();
  readonly #codes = new Map<string, number>();
  readonly #spelling: (Uint8Array | undefined)[] = new Array(CACHE).fill(undefined);
  readonly #spellingCode = new Uint16Array(CACHE);
  readonly #column: string;
  readonly #missing: MissingValues;

  constructor(column: string, missing: MissingValues = "empty") {
    this.#column = column;
    this.#missing = missing;
  }

  /** @throws ColaError LABELS_INVALID beyond `MAX_LABELS` labels */
  codeOf(bytes: Buffer, start: number, end: number): number {
    let hash = end - start;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = hash & (CACHE - 1);
    const known = this.#spelling[slot];
    if (known !== undefined && sameBytes(known, bytes, start, end)) return this.#spellingCode[slot]!;
    const code = this.codeOfString(bytes.toString("utf8", start, end));
    this.#spelling[slot] = Uint8Array.prototype.slice.call(bytes, start, end);
    this.#spellingCode[slot] = code;
    return code;
  }

  /** @throws ColaError LABELS_INVALID beyond `MAX_LABELS` labels */
  codeOfString(raw: string): number {
    const label = isMissing(raw, this.#missing) ? undefined : normaliseLabel(raw);
    if (label === undefined) {
      if (raw.trim() !== "") this.listed.add(raw);
      return NO_LABEL;
    }
    if (LOST_LETTER.test(label)) return DAMAGED_LABEL;
    const known = this.#codes.get(label);
    if (known !== undefined) return known;
    if (this.names.length === MAX_LABELS) {
      throw new ColaError(
        "LABELS_INVALID",
        `column "${this.#column}" holds more than ${MAX_LABELS} different labels: is it the label column?`,
      );
    }
    this.#codes.set(label, this.names.length);
    return this.names.push(label) - 1;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
