import { isWordCodePoint } from "@colaml/shared/learning/text/word-characters";

/** What a character beyond ASCII is, where it is not the code point it stands for in words. */
const SEPARATES = -1;
/** Only the string as a whole says what it becomes: a capital sigma, a dotted capital I, bytes that are no UTF-8. */
const UNCLEAR = -2;

const CAPITAL_SIGMA = 0x3a3;
const PAGE = 256;
/** Pages of 256 code points that Unicode has. */
export const WIDE_PAGES = 0x110000 / PAGE;

/** Code points beyond ASCII as words see them: lower-cased where that is asked for, `SEPARATES`, or `UNCLEAR`. */
export class WideCharacters {
  readonly #lowercase: boolean;

  constructor(lowercase: boolean) {
    this.#lowercase = lowercase;
  }

  /** What each code point of a page becomes; the first 128 of page 0 are of no interest. */
  page(page: number): Int32Array {
    return Int32Array.from({ length: PAGE }, (_, i) => this.#meaning(page * PAGE + i));
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
