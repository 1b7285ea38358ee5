import { countTerm, FIRST_FACTOR, LAST_FACTOR } from "./bag-of-words";
import { NO_TERM } from "./term-table";

// The n-grams of a word are the same each time, and most words of a text were in one before: the numbers of their terms
// are kept. Full, the cache begins anew.

/** Bytes of the longest word kept: its first eight and its last eight tell it from others of its length. */
export const LONGEST_KEPT: u32 = 16;
/** Words that there is room for, and numbers of terms: those of each word end with `NO_TERM`. */
export const CACHED_WORDS: u32 = 1 << 14;
export const CACHED_TERMS: u32 = 1 << 18;
/** An entry: the word's first eight bytes, its last eight, its length (u32, 0: free), where its list is (u32). */
export const WORD_BYTES: u32 = 24;

const LAST = 8;
const LENGTH = 16;
const LIST = 20;
const SHIFT: u64 = 50;

/** Room for the entries, all free at first, and for the numbers (u32). */
export let cachedWords: usize = 0;
export let cachedTerms: usize = 0;

/** Where the next number is written, less `cachedTerms`. */
let used: usize = 0;

/** Counts the terms of a word of 2 to `LONGEST_KEPT` bytes; false if it is not kept. */
export function countKept(start: usize, end: usize): bool {
  const length = (end - start) as u32;
  const first = firstOf(start, length);
  const last = load<u64>(end - 8);
  const entry = entryOf(first, last, length);
  if (load<u64>(entry) !== first || load<u32>(entry, LENGTH) !== length) return false;
  if (length > 8 && load<u64>(entry, LAST) !== last) return false;
  let list = load<u32>(entry, LIST) as usize;
  for (let term = load<u32>(list); term !== NO_TERM; term = load<u32>(list)) {
    countTerm(term as usize);
    list += 4;
  }
  return true;
}

/** Keeps a word, whose terms `keepTerm` then names, if there may be as many as `terms`. */
export function keepWord(start: usize, end: usize, terms: u32): void {
  if (used + (((terms + 1) as usize) << 2) > (CACHED_TERMS as usize) << 2) {
    memory.fill(cachedWords, 0, (CACHED_WORDS as usize) * WORD_BYTES);
    used = 0;
  }
  const length = (end - start) as u32;
  const first = firstOf(start, length);
  const last = load<u64>(end - 8);
  const entry = entryOf(first, last, length);
  store<u64>(entry, first);
  store<u64>(entry, last, LAST);
  store<u32>(entry, length, LENGTH);
  store<u32>(entry, (cachedTerms + used) as u32, LIST);
}

/** Adds a number to the list of the word that is being kept; `NO_TERM` ends it. */
export function keepTerm(term: u32): void {
  store<u32>(cachedTerms + used, term);
  used += 4;
}

function firstOf(start: usize, length: u32): u64 {
  return load<u64>(start) & (~(0 as u64) >> (64 - ((min(length, 8) as u64) << 3)));
}

function entryOf(first: u64, last: u64, length: u32): usize {
  const hash = (first ^ (length > 8 ? last * LAST_FACTOR : (length as u64))) * FIRST_FACTOR;
  return cachedWords + ((hash >> SHIFT) as usize) * WORD_BYTES;
}
