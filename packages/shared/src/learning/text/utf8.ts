/** The bytes a well-formed code point at `p` takes; 0 if it is cut off or malformed. */
export function codePointLength(bytes: Uint8Array, p: number, end: number): number {
  const lead = bytes[p]!;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || p + length > end) return 0;
  for (let i = 1; i < length; i++) if ((bytes[p + i]! & 0xc0) !== 0x80) return 0;
  return length;
}

/** The code point of `length` bytes at `p`; -1 for overlong forms, surrogates and beyond U+10FFFF. */
export function codePointAt(bytes: Uint8Array, p: number, length: number): number {
  let codePoint = bytes[p]! & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) codePoint = (codePoint << 6) | (bytes[p + i]! & 0x3f);
  const least = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  const wellFormed = codePoint >= least && codePoint <= 0x10ffff && (codePoint & 0x1ff800) !== 0xd800;
  return wellFormed ? codePoint : -1;
}
