import { isWordCodePoint } from "@colaml/shared/learning/text/word-characters";
import { PAGE_SIZE, SEPARATES, UNCLEAR } from "./kernel/kernel-facts";

const CAPITAL_SIGMA = 0x3a3;
/** Pages that Unicode has. */
export const WIDE_PAGES = 0x110000 / PAGE_SIZE;

/** Code points beyond ASCII as words see them: lower-cased where that is asked for, `SEPARATES`, or `UNCLEAR`. */
export class WideCharacters {
  readonly #lowercase: boolean;

  constructor(lowercase: boolean) {
    this.#lowercase = lowercase;
  }

  /** What each code point of a page becomes; the first 128 of page 0 are of no interest. */
  page(page: number): Int32Array {
    return Int32Array.from({ length: PAGE_SIZE }, (_, i) => this.#meaning(page * PAGE_SIZE + i));
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
