import { isWordCodePoint } from "@colaml/shared/text/word-characters";

/**
 * Bytes of the UTF-8 character at `at` if it only separates words; 0 if it is part of one, or is not UTF-8:
 * then the text has to be decoded.
 */
export function separatorLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return 0;
  let codePoint = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return 0;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  if (codePoint < least || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return 0;
  return isWordCodePoint(codePoint) ? 0 : length;
}
