import { countTerm } from "./bag-of-words";
import { DROPPED, decode, encode, NO_TEXT, pageWantedIs, UNCLEAR } from "./normalised-text";
import { NO_TERM, termOf } from "./term-table";
import { countKept, keepTerm, keepWord, LONGEST_KEPT } from "./word-cache";

const SPACE: u8 = 32;
const QUOTE: u32 = 34;
const BYTE_ORDER_MARK: i32 = 0xfeff;
/** Added to a code point that is white space. */
const WHITE_SPACE: i32 = 1 << 30;

/** For each page of 256 code points a pointer to what they become (i32 each), 0 for a page not worked out yet. */
export let characterPages: usize = 0;
/** The text as its characters are counted. */
export let characters: usize = 0;

/** What `normaliseCharacters` could not do, beside `NO_TEXT`. */
export const CHARACTER_PAGE_WANTED: usize = 2;

/**
 * Writes the UTF-8 text in [at, end) to `characters`, each as `characterPages` says, and returns where it ends: several
 * white-space characters in a row are one space; `withinWords` any white space is one, and the text begins and ends
 * with one. `quoted`: two quotes are one. `NO_TEXT`: it may be blank, or holds what needs the string as a whole.
 */
export function normaliseCharacters(at: usize, end: usize, withinWords: bool, quoted: bool): usize {
  let to = characters;
  let last = to;
  let visible = false;
  let spaces: u32 = 0;
  if (withinWords) {
    store<u8>(to++, SPACE);
    spaces = 1;
  }
  while (at < end) {
    const byte = load<u8>(at) as u32;
    const decoded = byte < 0x80 ? (byte << 3) | 1 : decode(at, end);
    if (decoded === 0) return NO_TEXT;
    const page = load<u32>(characterPages + ((decoded >> 11) << 2));
    if (page === 0) {
      pageWantedIs((decoded >> 11) as i32);
      return CHARACTER_PAGE_WANTED;
    }
    at += decoded & 7;
    if (quoted && byte === QUOTE) at++;
    const meaning = load<i32>(page + (((decoded >> 3) & 0xff) << 2));
    if (meaning === UNCLEAR) return NO_TEXT;
    if (meaning === DROPPED) continue;
    if ((meaning & WHITE_SPACE) === 0) {
      visible = visible || meaning !== BYTE_ORDER_MARK;
      spaces = 0;
      last = to;
      to = encode(to, meaning as u32);
    } else if (++spaces === 1) {
      last = to;
      to = encode(to, withinWords ? SPACE : ((meaning ^ WHITE_SPACE) as u32));
    } else if (!withinWords) {
      to = last;
      store<u8>(to++, SPACE);
    }
  }
  if (withinWords && spaces === 0) store<u8>(to++, SPACE);
  // The last character ends here.
  store<u8>(to, SPACE);
  return visible ? to : NO_TEXT;
}

/** Counts the n-grams of the characters in [start, end). */
export function countNgrams(start: usize, end: usize, shortest: i32, longest: i32): void {
  for (let from = start; from < end; from = nextCharacter(from)) {
    let to = from;
    for (let n = 1; n <= longest && to < end; n++) {
      to = nextCharacter(to);
      if (n >= shortest) countIfTerm(from, to);
    }
  }
}

/** Counts the n-grams of each word with the space before and behind it; shorter than all of them it counts as it is. */
export function countWithinWords(start: usize, end: usize, shortest: i32, longest: i32): void {
  let from = start;
  for (let at = start + 1; at < end; at++) {
    if (load<u8>(at) !== SPACE) continue;
    countWord(from, at + 1, shortest, longest);
    from = at;
  }
}

function countWord(start: usize, end: usize, shortest: i32, longest: i32): void {
  const length = (end - start) as u32;
  keeps = length <= LONGEST_KEPT;
  if (keeps) {
    if (countKept(start, end)) return;
    keepWord(start, end, length * (longest as u32));
  }
  if (isShorter(start, end, shortest)) countIfTerm(start, end);
  else countNgrams(start, end, shortest, longest);
  if (keeps) keepTerm(NO_TERM);
  keeps = false;
}

/** Whether the terms counted are those of a word that is being kept. */
let keeps = false;

function countIfTerm(start: usize, end: usize): void {
  const term = termOf(start, end);
  if (term === NO_TERM) return;
  countTerm(term as usize);
  if (keeps) keepTerm(term);
}

function isShorter(at: usize, end: usize, characters: i32): bool {
  for (; characters > 0 && at < end; characters--) at = nextCharacter(at);
  return characters > 0;
}

function nextCharacter(at: usize): usize {
  do at++;
  while ((load<u8>(at) & 0xc0) === 0x80);
  return at;
}
