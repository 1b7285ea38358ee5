import type { FeaturePart } from "./feature-parts";

/** Only the text as a whole says what the code point becomes: a capital sigma, or one that becomes several. */
export const UNCLEAR = -2;
/** The code point is left out. */
export const DROPPED = -3;
/** Added to a code point that is white space. */
export const WHITE_SPACE_FLAG = 1 << 30;

const PAGE = 256;
const CAPITAL_SIGMA = 0x3a3;
const LAST_ASCII = 0x7f;
const GREEK_IOTA_BELOW = "\u0345";
/** What Python's `str.isspace`, `str.split` and `\s` take for white space, as inclusive ranges. */
const WHITE_SPACE_RANGES = [
  [0x09, 0x0d],
  [0x1c, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
] as const;

/** The settings that say what becomes of characters before they are counted. */
export type CharacterRules = Pick<FeaturePart, "lowercase" | "strip_accents">;

/** Whether Python takes a code point for white space. */
export function isWhiteSpace(codePoint: number): boolean {
  return WHITE_SPACE_RANGES.some(([from, to]) => codePoint >= from && codePoint <= to);
}

/**
 * Whether a character has a canonical combining class other than 0, as Python's `unicodedata.combining` says. JavaScript
 * knows no such property, but normalising sorts such characters by class: all but the iota below (class 240, the
 * highest) go in front of it.
 */
function isCombining(character: string): boolean {
  return (
    character === GREEK_IOTA_BELOW ||
    !`${GREEK_IOTA_BELOW}${character}`.normalize("NFD").startsWith(GREEK_IOTA_BELOW)
  );
}

/** scikit-learn's `strip_accents_unicode` and `strip_accents_ascii`. */
function stripAccents(text: string, strip: CharacterRules["strip_accents"]): string {
  if (strip === "none") return text;
  const characters = [...text.normalize("NFKD")];
  const isKept = (character: string) =>
    strip === "ascii" ? character.codePointAt(0)! <= LAST_ASCII : !isCombining(character);
  return characters
    .filter((character) => character.codePointAt(0)! <= LAST_ASCII || isKept(character))
    .join("");
}

/** A text as words or characters are counted in it: lower-cased, then without accents. */
export function preprocess(text: string, { lowercase, strip_accents }: CharacterRules): string {
  return stripAccents(lowercase ? text.toLowerCase() : text, strip_accents);
}

/** What each code point becomes by `preprocess`, worked out by pages of 256 when first asked for. */
export class CharacterMeanings {
  readonly #rules: CharacterRules;
  readonly #pages: (Int32Array | undefined)[] = new Array(0x110000 / PAGE).fill(undefined);

  constructor(rules: CharacterRules) {
    this.#rules = rules;
  }

  /** The code point it becomes, with `WHITE_SPACE_FLAG` if that is white space; UNCLEAR or DROPPED. O(1). */
  of(codePoint: number): number {
    return this.page(codePoint >>> 8)[codePoint & 0xff]!;
  }

  /** The meanings of a page: 256. */
  page(page: number): Int32Array {
    const known = this.#pages[page];
    if (known) return known;
    const meanings = Int32Array.from({ length: PAGE }, (_, i) => this.#meaning(page * PAGE + i));
    this.#pages[page] = meanings;
    return meanings;
  }

  #meaning(codePoint: number): number {
    if (this.#rules.lowercase && codePoint === CAPITAL_SIGMA) return UNCLEAR;
    const [first, ...more] = preprocess(String.fromCodePoint(codePoint), this.#rules);
    if (first === undefined) return DROPPED;
    if (more.length > 0) return UNCLEAR;
    const becomes = first.codePointAt(0)!;
    return isWhiteSpace(becomes) ? becomes | WHITE_SPACE_FLAG : becomes;
  }
}
