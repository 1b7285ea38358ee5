import { isWordCodePoint } from "@colaml/shared/text/word-characters";

/** What a character beyond ASCII is, where it is not the code point it stands for in words. */
export const SEPARATES = -1;
/** Only the string as a whole says what it becomes: a capital sigma, a dotted capital I, bytes that are no UTF-8. */
export const UNCLEAR = -2;

const CAPITAL_SIGMA = 0x3a3;
const PAGE = 256;

/**
 * Code points beyond ASCII as words see them: lower-cased where that is asked for, `SEPARATES`, or `UNCLEAR`. Worked
 * out page by page when first met.
 */
export class WideCharacters {
  readonly #lowercase: boolean;
  readonly #pages: (Int32Array | undefined)[] = new Array(0x110000 / PAGE).fill(undefined);

  constructor(lowercase: boolean) {
    this.#lowercase = lowercase;
  }

  meaningOf(codePoint: number): number {
    const page = codePoint >>> 8;
    return (this.#pages[page] ?? this.#workOut(page))[codePoint & 0xff]!;
  }

  #workOut(page: number): Int32Array {
    const meanings = Int32Array.from({ length: PAGE }, (_, i) => this.#meaning(page * PAGE + i));
    this.#pages[page] = meanings;
    return meanings;
  }

  #meaning(codePoint: number): number {
    const isWord = isWordCodePoint(codePoint);
    if (!this.#lowercase) return isWord ? codePoint : SEPARATES;
    const lower = [...String.fromCodePoint(codePoint).toLowerCase()];
    const lowered = lower[0]!.codePointAt(0)!;
    if (lower.length !== 1 || lowered < 128 || codePoint === CAPITAL_SIGMA) return UNCLEAR;
    if (isWordCodePoint(lowered) !== isWord) return UNCLEAR;
    return isWord ? lowered : SEPARATES;
  }
}

/**
 * The code point of the UTF-8 sequence at `at` (its first byte is beyond ASCII) times 8, plus its length in bytes;
 * `UNCLEAR` where it is malformed.
 */
export function decodeAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return UNCLEAR;
  let codePoint = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return UNCLEAR;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  if (codePoint < least || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff))
    return UNCLEAR;
  return codePoint * 8 + length;
}
