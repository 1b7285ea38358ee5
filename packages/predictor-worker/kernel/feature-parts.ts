import { forgetTerms, listTerms } from "./bag-of-words";
import {
  CHARACTER_PAGE_WANTED,
  characters,
  countNgrams,
  countWithinWords,
  normaliseCharacters,
} from "./characters";
import { NO_TEXT, normalise, normalised, PAGE_WANTED } from "./normalised-text";
import { useTable } from "./term-table";
import { countWordNgrams, joinWords } from "./word-ngrams";

/** Parts of the features; 0 if they are words one by one, which need no table of parts. */
export let parts: i32 = 0;
/**
 * For each part, u32 each: what it counts; the shortest and the longest n-gram; the number behind its last term; the
 * place, the shift and the mask of its hash table; those of its stop words, place 0 if it has none.
 */
export let partTable: usize = 0;

export const PART_SHORTEST = 4;
export const PART_LONGEST = 8;
export const PART_END = 12;
export const PART_SLOTS = 16;
export const PART_SHIFT = 20;
export const PART_MASK = 24;
export const PART_STOP_WORDS = 28;
export const PART_STOP_SHIFT = 32;
export const PART_STOP_MASK = 36;
export const PART_BYTES = 40;

export const COUNTS_WORDS: u32 = 0;
export const COUNTS_CHARACTERS: u32 = 1;
export const COUNTS_WITHIN_WORDS: u32 = 2;

/** The number behind the last term of a part. */
export function partEnd(part: i32): u32 {
  return load<u32>(partTable + (part as usize) * PART_BYTES, PART_END);
}

/**
 * Counts and lists the terms of the UTF-8 text in [start, stop), part by part; `quoted`: two quotes are one. Returns `NO_TEXT`, `PAGE_WANTED` or
 * `CHARACTER_PAGE_WANTED`, with nothing counted, or anything else if it is done.
 */
export function findPartTerms(start: usize, stop: usize, quoted: bool): usize {
  let done: usize = NO_TEXT;
  let complete = true;
  for (let part = 0; part < parts; part++) {
    done = countPart(partTable + (part as usize) * PART_BYTES, start, stop, quoted);
    complete = isDone(done);
    if (!complete) break;
  }
  listTerms();
  if (!complete) forgetTerms();
  return done;
}

function isDone(end: usize): bool {
  return end !== NO_TEXT && end !== PAGE_WANTED && end !== CHARACTER_PAGE_WANTED;
}

function countPart(part: usize, start: usize, stop: usize, quoted: bool): usize {
  const kind = load<u32>(part);
  const shortest = load<i32>(part, PART_SHORTEST);
  const longest = load<i32>(part, PART_LONGEST);
  const isWords = kind === COUNTS_WORDS;
  const end = isWords
    ? normalise(start, stop)
    : normaliseCharacters(start, stop, kind === COUNTS_WITHIN_WORDS, quoted);
  if (!isDone(end)) return end;
  useTable(load<u32>(part, PART_SLOTS), load<u32>(part, PART_SHIFT), load<u32>(part, PART_MASK));
  if (kind === COUNTS_CHARACTERS) countNgrams(characters, end, shortest, longest);
  else if (!isWords) countWithinWords(characters, end, shortest, longest);
  else {
    if (load<u32>(part, PART_STOP_WORDS) !== 0) {
      useTable(
        load<u32>(part, PART_STOP_WORDS),
        load<u32>(part, PART_STOP_SHIFT),
        load<u32>(part, PART_STOP_MASK),
      );
      joinWords(normalised, end, true);
      useTable(load<u32>(part, PART_SLOTS), load<u32>(part, PART_SHIFT), load<u32>(part, PART_MASK));
    } else joinWords(normalised, end, false);
    countWordNgrams(shortest, longest);
  }
  return end;
}
