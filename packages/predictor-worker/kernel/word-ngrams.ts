import { countTerm, wordBytes } from "./bag-of-words";
import { NO_TERM, termOf } from "./term-table";

const SPACE: u8 = 32;

/** Room for where each word that is kept begins, and one place behind the last: u32 each. */
export let wordStarts: usize = 0;
/** How many words are kept. */
let kept: i32 = 0;
/** Where the next one is written. */
let to: usize = 0;

/**
 * Moves the words of a normalised text together, with one space between, so that each n-gram is one stretch: the text
 * ends at `end` with a block of spaces behind. `withoutTerms` leaves out the words that the table has.
 */
export function joinWords(start: usize, end: usize, withoutTerms: bool): void {
  kept = 0;
  to = start;
  let inWord: u64 = 0;
  let wordStart: usize = 0;
  for (let at = start; at <= end; at += 64) {
    const words = wordBytes(at, end);
    let edges = words ^ ((words << 1) | inWord);
    while (edges !== 0) {
      const edge = at + (ctz(edges) as usize);
      edges &= edges - 1;
      if (inWord === 0) wordStart = edge;
      else if (!withoutTerms || termOf(wordStart, edge) === NO_TERM) keep(wordStart, edge);
      inWord ^= 1;
    }
  }
  store<u32>(wordStarts + ((kept as usize) << 2), to as u32);
}

/** Counts the n-grams of the words that were joined. */
export function countWordNgrams(shortest: i32, longest: i32): void {
  for (let n = shortest; n <= min(longest, kept); n++) {
    for (let i = 0; i + n <= kept; i++) {
      const term = termOf(startOf(i), startOf(i + n) - 1);
      if (term !== NO_TERM) countTerm(term as usize);
    }
  }
}

/** Moves a word to the others: never behind where it is, so that what was not read yet stays. */
function keep(start: usize, end: usize): void {
  store<u32>(wordStarts + ((kept++ as usize) << 2), to as u32);
  memory.copy(to, start, end - start);
  to += end - start;
  store<u8>(to++, SPACE);
}

function startOf(word: i32): usize {
  return load<u32>(wordStarts + ((word as usize) << 2)) as usize;
}
