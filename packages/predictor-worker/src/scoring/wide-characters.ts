import {
  CharacterMeanings,
  type CharacterRules,
  WHITE_SPACE_FLAG,
} from "@colaml/shared/learning/text/character-meanings";
import { isWordCodePoint } from "@colaml/shared/learning/text/word-characters";
import { PAGE_SIZE, SEPARATES, UNCLEAR } from "./kernel/kernel-facts";

const CAPITAL_SIGMA = 0x3a3;
/** Pages that Unicode has. */
export const WIDE_PAGES = 0x110000 / PAGE_SIZE;

/** Code points beyond ASCII as words see them: lower-cased and without accents where that is asked for, `SEPARATES`, `UNCLEAR` or DROPPED. */
export class WideCharacters {
  readonly #lowercase: boolean;
  /** If accents are stripped: what becomes of a character then. */
  readonly #stripped: CharacterMeanings | undefined;

  constructor(rules: CharacterRules) {
    this.#lowercase = rules.lowercase;
    this.#stripped = rules.strip_accents === "none" ? undefined : new CharacterMeanings(rules);
  }

  /** What each code point of a page becomes; the first 128 of page 0 are of no interest. */
  page(page: number): Int32Array {
    return Int32Array.from({ length: PAGE_SIZE }, (_, i) => this.#meaning(page * PAGE_SIZE + i));
  }

  #meaning(codePoint: number): number {
    if (this.#stripped) return wordMeaning(this.#stripped.of(codePoint));
    const isWord = isWordCodePoint(codePoint);
    if (!this.#lowercase) return isWord ? codePoint : SEPARATES;
    const lower = [...String.fromCodePoint(codePoint).toLowerCase()];
    const lowered = lower[0]!.codePointAt(0)!;
    if (lower.length !== 1 || lowered < 128 || codePoint === CAPITAL_SIGMA) return UNCLEAR;
    if (isWordCodePoint(lowered) !== isWord) return UNCLEAR;
    return isWord ? lowered : SEPARATES;
  }
}

/** `UNCLEAR` and `DROPPED` are the same numbers to words. */
function wordMeaning(meaning: number): number {
  if (meaning < 0) return meaning;
  return isWordCodePoint(meaning & ~WHITE_SPACE_FLAG) ? meaning : SEPARATES;
}
