// The scoring of plain records, from CSV bytes to CSV bytes: what JavaScript spends most of its time on. Everything
// that is not plain is handed back to the caller, record by record. The caller lays out the memory and sets every
// exported variable before the first call; a pointer is an offset in the memory. What this file exports TypeScript
// knows by kernel-facts.ts, which scripts/kernel-facts.mjs writes.
import { findTerms, foundCount } from "./bag-of-words";
import { calibrate, calibration, NO_CALIBRATION } from "./calibration";
import { CHARACTER_PAGE_WANTED } from "./characters";
import { decide, decides } from "./decision";
import { findPartTerms, parts } from "./feature-parts";
import { NO_TEXT, normalise, normalised, PAGE_WANTED } from "./normalised-text";
import { writeLine } from "./output-line";
import { predict } from "./probabilities";
import { readRecord } from "./record";
import { readText, textQuoted, textStart, textStop } from "./record-text";
import { weigh } from "./tfidf-weights";

export {
  counts,
  FIRST_FACTOR,
  found,
  LAST_FACTOR,
  SLOT_BYTES,
  SLOT_LAST,
  SLOT_LENGTH,
  SLOT_PLACE,
  SLOT_TERM,
  slotMask,
  slotShift,
  slots,
  termBits,
  termWords,
} from "./bag-of-words";
export { countByte, SLACK } from "./bytes";
export {
  calibration,
  calibrationMaps,
  ISOTONIC_CALIBRATION,
  MAP_BYTES,
  NO_CALIBRATION,
  SIGMOID_CALIBRATION,
} from "./calibration";
export { characterPages, characters } from "./characters";
export { abstainBelow, decides, decisionCounts, thresholds } from "./decision";
export {
  COUNTS_CHARACTERS,
  COUNTS_WITHIN_WORDS,
  COUNTS_WORDS,
  parts,
  partTable,
} from "./feature-parts";
export {
  FLIP_BYTES,
  FLIP_LEAVES,
  FLIP_TREE,
  flips,
  leafMasks,
  leafValues,
  MAX_LEAVES,
  maskedTrees,
} from "./leaf-masks";
export { linearBias, linearWeights } from "./linear-sum";
export {
  DROPPED,
  lowercase,
  normalised,
  PAGE_SIZE,
  pages,
  pageWanted,
  SEPARATES,
  UNCLEAR,
} from "./normalised-text";
export {
  classCells,
  classes,
  copied,
  copiedCount,
  idField,
  PROBABILITY_DECIMALS,
  recordsBefore,
  version,
  versionBytes,
} from "./output-line";
export { baseMargin, groupOf, groups, margins, probabilities } from "./probabilities";
export { delimiter, fieldPlaces, fieldsWanted, maxRecordBytes } from "./record";
export { joined, missingBytes, textFieldCount, textFields } from "./record-text";
export {
  idf,
  L1_NORM,
  L2_NORM,
  logCounts,
  logCountsKnown,
  NO_NORM,
  norm,
  sublinear,
  weights,
} from "./tfidf-weights";
export {
  denseRow,
  NODE_BYTES,
  NODE_FEATURE,
  NODE_RIGHT,
  NODE_VALUE,
  nodes,
  roots,
  walkedTrees,
} from "./tree-walk";
export { CACHED_TERMS, CACHED_WORDS, cachedTerms, cachedWords, WORD_BYTES } from "./word-cache";
export { wordStarts } from "./word-ngrams";

/** The next record, and where the range ends. */
export let at: usize = 0;
export let end: usize = 0;
/** Where the next line is written, and where the room for it ends. */
export let output: usize = 0;
export let outputEnd: usize = 0;
/** Bytes that a line takes at most: this many, and this many times those of its record. */
export let lineBytes: usize = 0;
export let lineRecords: usize = 0;
/** Records of the range before `at`, and lines written. */
export let records: u64 = 0;
export let rows: u32 = 0;
/** Lines written of texts that hold no term. */
export let rowsWithoutTerms: u32 = 0;

/** Why `score` stopped: the range is done. */
export const STOPPED_END = 0;
/** The record at `at` is not plain. */
export const STOPPED_RECORD = 1;
/** `pageWanted` has to be worked out. */
export const STOPPED_PAGE = 2;
/** The same for a page of `characterPages`. */
export const STOPPED_CHARACTER_PAGE = 4;
/** `output` needs room for one more line. */
export const STOPPED_OUTPUT = 3;

/** Scores records from `at` on until it has to stop; called again, it resumes. */
export function score(): i32 {
  while (at < end) {
    const next = readRecord(at, end);
    if (next === 0) return STOPPED_RECORD;
    if (output + lineBytes + (next - at) * lineRecords > outputEnd) return STOPPED_OUTPUT;
    if (!readText()) return STOPPED_RECORD;
    const textEnd =
      parts === 0 ? findWords(textStart, textStop) : findPartTerms(textStart, textStop, textQuoted);
    if (textEnd === PAGE_WANTED) return STOPPED_PAGE;
    if (textEnd === CHARACTER_PAGE_WANTED) return STOPPED_CHARACTER_PAGE;
    if (textEnd === NO_TEXT) return STOPPED_RECORD;
    if (!weigh()) return STOPPED_RECORD;
    records++;
    rows++;
    rowsWithoutTerms += (foundCount === 0) as u32;
    let label = predict();
    if (calibration !== NO_CALIBRATION) label = calibrate();
    output = writeLine(output, records, label, decides ? decide(label) : -1);
    at = next;
  }
  return STOPPED_END;
}

/** Counts and lists the words of a text; returns what `normalise` does. */
function findWords(start: usize, stop: usize): usize {
  const textEnd = normalise(start, stop);
  if (textEnd !== PAGE_WANTED && textEnd !== NO_TEXT) findTerms(normalised, textEnd);
  return textEnd;
}
