import { same } from "./bytes";

/** Hash table of the vocabulary: 2^(64 - slotShift) slots of `SLOT_BYTES`; `slotMask` is its size in bytes less 1. */
export let slots: usize = 0;
export let slotShift: u64 = 0;
export let slotMask: usize = 0;
/** How often each term was found: u32 each, and one more for words that are not terms. */
export let counts: usize = 0;
/** A bit for each term that was found, 64 a word, and how many words there are. */
export let termBits: usize = 0;
export let termWords: usize = 0;
/** The distinct terms of the last text, ascending (u32 each), and how many there are. */
export let found: usize = 0;
export let foundCount: i32 = 0;

/**
 * A slot begins with the term's first eight bytes, zero-filled. Behind them, at these places: its last eight (u64, 0
 * if it has no more than eight), its length (u32, 0 for a free slot), its number (u32, for a free slot the number
 * behind the last term), where its bytes are (u32).
 */
export const SLOT_LAST = 8;
export const SLOT_LENGTH = 16;
export const SLOT_TERM = 20;
export const SLOT_PLACE = 24;
export const SLOT_BYTES = 32;

/** A term's hash: ((first eight bytes * FIRST_FACTOR) xor (last eight * LAST_FACTOR) xor length) * FIRST_FACTOR. */
export const FIRST_FACTOR: u64 = 0x13c6ef372fe94f;
export const LAST_FACTOR: u64 = 0x1f35d1d5a9c3b7;

/** Counts the known words of a normalised text that ends at `end` with a block of spaces behind, and lists them. */
export function findTerms(start: usize, end: usize): void {
  let inWord: u64 = 0;
  let wordStart: usize = 0;
  // the block of spaces behind the text ends its last word
  for (let at = start; at <= end; at += 64) {
    const words = wordBytes(at, end);
    let edges = words ^ ((words << 1) | inWord);
    while (edges !== 0) {
      const edge = at + (ctz(edges) as usize);
      edges &= edges - 1;
      if (inWord === 0) wordStart = edge;
      else count(wordStart, edge);
      inWord ^= 1;
    }
  }
  listTerms();
}

/** A bit for each of the 64 bytes at `at` that belongs to a word; those from `end` on do not. */
export function wordBytes(at: usize, end: usize): u64 {
  let bits = wordBitsOf(at) as u64;
  if (end > at + 16) bits |= (wordBitsOf(at + 16) as u64) << 16;
  if (end > at + 32) bits |= (wordBitsOf(at + 32) as u64) << 32;
  if (end > at + 48) bits |= (wordBitsOf(at + 48) as u64) << 48;
  return bits;
}

function wordBitsOf(at: usize): u32 {
  const block = v128.load(at);
  const letters = i8x16.sub(v128.or(block, i8x16.splat(32)), i8x16.splat(97));
  const digits = i8x16.sub(block, i8x16.splat(48));
  const ascii = v128.or(i8x16.lt_u(letters, i8x16.splat(26)), i8x16.lt_u(digits, i8x16.splat(10)));
  const others = v128.or(i8x16.eq(block, i8x16.splat(95)), i8x16.lt_s(block, i8x16.splat(0)));
  return i8x16.bitmask(v128.or(ascii, others)) as u32;
}

/** Without branches but for a slot that another term has: which words are terms, and how long they are, cannot be foreseen. */
function count(start: usize, end: usize): void {
  const length = (end - start) as u32;
  const first = load<u64>(start) & (~(0 as u64) >> (64 - ((min(length, 8) as u64) << 3)));
  const last = load<u64>(end - 8) & (0 - ((length > 8) as u64));
  const hash = (first * FIRST_FACTOR) ^ (last * LAST_FACTOR) ^ length;
  let slot = (((hash * FIRST_FACTOR) >> slotShift) as usize) * SLOT_BYTES;
  let at = slots + slot;
  while (isOther(at, first, last, length) || (length > 16 && differsInside(at, start, length))) {
    slot = (slot + SLOT_BYTES) & slotMask;
    at = slots + slot;
  }
  const isTerm = (load<u32>(at, SLOT_LENGTH) !== 0) as u64;
  const term = load<u32>(at, SLOT_TERM) as usize;
  const times = counts + (term << 2);
  store<u32>(times, load<u32>(times) + 1);
  const bits = termBits + ((term >> 6) << 3);
  store<u64>(bits, load<u64>(bits) | (isTerm << (term & 63)));
}

/** Whether a slot has a term of other first and last bytes, or of another length. */
function isOther(at: usize, first: u64, last: u64, length: u32): bool {
  const slotLength = load<u32>(at, SLOT_LENGTH);
  const differs =
    (load<u64>(at) ^ first) | (load<u64>(at, SLOT_LAST) ^ last) | ((slotLength ^ length) as u64);
  return (((differs !== 0) as i32) & ((slotLength !== 0) as i32)) !== 0;
}

/** Whether the bytes between the first eight and the last eight differ; a free slot's do not. */
function differsInside(at: usize, start: usize, length: u32): bool {
  return load<u32>(at, SLOT_LENGTH) !== 0 && !same(start + 8, load<u32>(at, SLOT_PLACE) + 8, length - 16);
}

/** Lists the terms found in the order of their columns, which sums over them follow, and clears their bits. */
export function listTerms(): void {
  let to = found;
  for (let word: usize = 0; word < termWords; word++) {
    let terms = load<u64>(termBits + (word << 3));
    store<u64>(termBits + (word << 3), 0);
    for (; terms !== 0; terms &= terms - 1) {
      store<u32>(to, ((word << 6) + (ctz(terms) as usize)) as u32);
      to += 4;
    }
  }
  foundCount = ((to - found) >> 2) as i32;
}

/** Counts a term. */
export function countTerm(term: usize): void {
  const times = counts + (term << 2);
  store<u32>(times, load<u32>(times) + 1);
  const bits = termBits + ((term >> 6) << 3);
  store<u64>(bits, load<u64>(bits) | ((1 as u64) << (term & 63)));
}

/** Sets the counts of the terms listed back to 0, and lists none. */
export function forgetTerms(): void {
  for (let i = 0; i < foundCount; i++) {
    store<u32>(counts + ((load<u32>(found + ((i as usize) << 2)) as usize) << 2), 0);
  }
  foundCount = 0;
}
