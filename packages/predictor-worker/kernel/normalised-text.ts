const SPACE: u8 = 32;

/** What a code point of a page becomes if it separates words. */
export const SEPARATES: i32 = -1;
/** The same if only the string as a whole says it: a capital sigma, a dotted capital I. */
export const UNCLEAR: i32 = -2;
/** The same if it is left out. */
export const DROPPED: i32 = -3;
/** Code points of a page. */
export const PAGE_SIZE = 256;

/** Not 0 if words are lower-cased. */
export let lowercase: i32 = 1;
/** For each page of `PAGE_SIZE` code points a pointer to what they become (i32 each), 0 for a page not worked out yet. */
export let pages: usize = 0;
/** The page that has to be worked out before the text can be read. */
export let pageWanted: i32 = 0;
/** Names the page that has to be worked out. */
export function pageWantedIs(page: i32): void {
  pageWanted = page;
}
/** The text as words see it: words of letters, digits and bytes beyond ASCII, anything else between them. */
export let normalised: usize = 0;

/** What `normalise` could not do. */
export const NO_TEXT: usize = 0;
export const PAGE_WANTED: usize = 1;

/**
 * Writes the UTF-8 text in [at, end) to `normalised`, lower-cased if asked for, each separator beyond ASCII as a
 * space, and returns where it ends. `NO_TEXT`: it holds no letter and no visible ASCII character (it may be blank), or
 * bytes or letters that need the string as a whole. `PAGE_WANTED`: see `pageWanted`.
 */
export function normalise(at: usize, end: usize): usize {
  let to = normalised;
  let visible: v128 = i8x16.splat(0);
  const spaces = i8x16.splat(SPACE);
  const beforeA = i8x16.splat(64);
  const afterZ = i8x16.splat(91);
  const difference = i8x16.splat(lowercase !== 0 ? 32 : 0);
  while (at < end) {
    const block = v128.load(at);
    const length = min(end - at, 16);
    const wide = i8x16.bitmask(block) & ((1 << (length as i32)) - 1);
    const ascii: usize = wide === 0 ? length : ctz(wide);
    const upper = v128.and(i8x16.gt_s(block, beforeA), i8x16.lt_s(block, afterZ));
    v128.store(to, i8x16.add(block, v128.and(upper, difference)));
    // what the block holds behind the ASCII bytes is not of the text, or is written over below
    if (ascii === 16) visible = v128.or(visible, i8x16.gt_s(block, spaces));
    else if (anyVisible(at, ascii)) visible = i8x16.splat(-1);
    to += ascii;
    at += ascii;
    if (wide === 0) continue;
    const decoded = decode(at, end);
    if (decoded === 0) return NO_TEXT;
    const page = load<u32>(pages + ((decoded >> 11) << 2));
    if (page === 0) {
      pageWanted = (decoded >> 11) as i32;
      return PAGE_WANTED;
    }
    const meaning = load<i32>(page + (((decoded >> 3) & 0xff) << 2));
    if (meaning === UNCLEAR) return NO_TEXT;
    if (meaning === SEPARATES) store<u8>(to++, SPACE);
    else if (meaning !== DROPPED) {
      to = encode(to, meaning as u32);
      visible = i8x16.splat(-1);
    }
    at += decoded & 7;
  }
  // what lies behind the text separates
  v128.store(to, i8x16.splat(SPACE));
  return v128.any_true(visible) ? to : NO_TEXT;
}

function anyVisible(at: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(at + i) > SPACE) return true;
  return false;
}

/** The code point of the sequence at `at`, whose first byte is beyond ASCII, times 8, plus its length; 0 if malformed. */
export function decode(at: usize, end: usize): u32 {
  const first: u32 = load<u8>(at);
  const length: u32 = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > end) return 0;
  let codePoint = first & (0x7f >> length);
  for (let i: u32 = 1; i < length; i++) {
    const byte: u32 = load<u8>(at + i);
    if ((byte & 0xc0) !== 0x80) return 0;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const least: u32 = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  if (codePoint < least || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return 0;
  return (codePoint << 3) | length;
}

/** Writes a code point as UTF-8; returns the place behind it. */
export function encode(to: usize, codePoint: u32): usize {
  if (codePoint < 0x80) {
    store<u8>(to, codePoint);
    return to + 1;
  }
  if (codePoint < 0x800) {
    store<u8>(to, 0xc0 | (codePoint >> 6));
    store<u8>(to + 1, 0x80 | (codePoint & 0x3f));
    return to + 2;
  }
  if (codePoint < 0x10000) {
    store<u8>(to, 0xe0 | (codePoint >> 12));
    store<u8>(to + 1, 0x80 | ((codePoint >> 6) & 0x3f));
    store<u8>(to + 2, 0x80 | (codePoint & 0x3f));
    return to + 3;
  }
  store<u8>(to, 0xf0 | (codePoint >> 18));
  store<u8>(to + 1, 0x80 | ((codePoint >> 12) & 0x3f));
  store<u8>(to + 2, 0x80 | ((codePoint >> 6) & 0x3f));
  store<u8>(to + 3, 0x80 | (codePoint & 0x3f));
  return to + 4;
}
