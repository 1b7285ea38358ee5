/**
 * What Python's `\\w` matches: `str.isalnum` or the underscore, that is letters and numbers of every script,
 * but no combining marks.
 */
export const WORD_CLASS = "\\p{L}\\p{N}_";

/** How a code point enters a token. */
export const NO_WORD = 0;
/** A letter or digit that is its own lower case. */
export const WORD = 1;
/** One that another single letter is the lower case of. */
const UPPER = 2;
/** One whose lower case depends on its neighbours (sigma) or is not a single letter (I with a dot). */
export const SPECIAL = 3;

const WORD_CHARACTER = new RegExp(`^[${WORD_CLASS}]$`, "u");
const SIGMA = "\u03a3";
const PAGE = 256;
/** Answers by pages of 256 code points, each worked out when first asked for: texts touch few of them. */
const pages: (Uint8Array | undefined)[] = new Array(0x110000 / PAGE).fill(undefined);

function kindOf(character: string): number {
  if (!WORD_CHARACTER.test(character)) return NO_WORD;
  const lower = character.toLowerCase();
  if (lower === character) return WORD;
  return character !== SIGMA && WORD_CHARACTER.test(lower) ? UPPER : SPECIAL;
}

function workOut(page: number): Uint8Array {
  const answers = new Uint8Array(PAGE);
  for (let i = 0; i < PAGE; i++) answers[i] = kindOf(String.fromCodePoint(page * PAGE + i));
  pages[page] = answers;
  return answers;
}

/** NO_WORD, WORD, UPPER or SPECIAL. O(1). */
export function wordKind(codePoint: number): number {
  return (pages[codePoint >>> 8] ?? workOut(codePoint >>> 8))[codePoint & 0xff]!;
}

/** Whether a code point belongs to a word. O(1). */
export function isWordCodePoint(codePoint: number): boolean {
  return wordKind(codePoint) !== NO_WORD;
}

const lowered = new Map<number, Buffer>();

/** UTF-8 of the lower case of an UPPER code point. */
export function lowerBytes(codePoint: number): Buffer {
  const known = lowered.get(codePoint);
  if (known) return known;
  const bytes = Buffer.from(String.fromCodePoint(codePoint).toLowerCase(), "utf8");
  lowered.set(codePoint, bytes);
  return bytes;
}
