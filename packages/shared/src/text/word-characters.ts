/**
 * What Python's `\w` matches: `str.isalnum` or the underscore, that is letters and numbers of every script,
 * but no combining marks.
 */
export const WORD_CLASS = "\\p{L}\\p{N}_";

const WORD = new RegExp(`^[${WORD_CLASS}]$`, "u");
const PAGE = 256;
/** Answers by pages of 256 code points, each worked out when first asked for: texts touch few of them. */
const pages: (Uint8Array | undefined)[] = new Array(0x110000 / PAGE).fill(undefined);

function workOut(page: number): Uint8Array {
  const answers = new Uint8Array(PAGE);
  for (let i = 0; i < PAGE; i++) {
    if (WORD.test(String.fromCodePoint(page * PAGE + i))) answers[i] = 1;
  }
  pages[page] = answers;
  return answers;
}

/** Whether a code point belongs to a word. O(1). */
export function isWordCodePoint(codePoint: number): boolean {
  const page = codePoint >>> 8;
  return (pages[page] ?? workOut(page))[codePoint & 0xff] === 1;
}
