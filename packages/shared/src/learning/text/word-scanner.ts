import { isWordCodePoint } from "./word-characters";

/** The default, a word of any length, and what means the same. */
const WORD_PATTERNS: ReadonlySet<string> = new Set(["\\b\\w+\\b", "(?u)\\b\\w+\\b", "\\w+"]);

const ASCII_WORD = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") {
  ASCII_WORD[char.charCodeAt(0)] = 1;
}

/** Whether the default pattern's scanner may stand in for a regular expression. */
export function isWordPattern(pattern: string): boolean {
  return WORD_PATTERNS.has(pattern);
}

/** The matches of `\b\w+\b`, without a regular expression. O(length). */
export function scanWords(text: string): string[] {
  const tokens: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const codePoint = code >= 0xd800 && code < 0xdc00 ? text.codePointAt(i)! : code;
    const inWord = codePoint < 128 ? ASCII_WORD[codePoint] === 1 : isWordCodePoint(codePoint);
    if (inWord && start < 0) start = i;
    if (!inWord && start >= 0) {
      tokens.push(text.slice(start, i));
      start = -1;
    }
    if (codePoint > 0xffff) i++;
  }
  if (start >= 0) tokens.push(text.slice(start));
  return tokens;
}
