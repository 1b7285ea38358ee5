// The scoring of plain records, from CSV bytes to CSV bytes: what JavaScript spends most of its time on. Everything
// that is not plain is handed back to the caller, record by record. The caller lays out the memory and sets every
// exported variable before the first call; a pointer is an offset in the memory.
import { findTerms, foundCount } from "./bag-of-words";
import { NO_TEXT, normalise, normalised, PAGE_WANTED } from "./normalised-text";
import { writeLine } from "./output-line";
import { predict } from "./probabilities";
import { fieldEnd, fieldStart, quoteOf, readRecord } from "./record";
import { weigh } from "./tfidf-weights";

export {
  counts,
  found,
  slotMask,
  slotShift,
  slots,
  termBits,
  termWords,
} from "./bag-of-words";
export { countByte } from "./bytes";
export { flips, leafMasks, leafValues, maskedTrees } from "./leaf-masks";
export { lowercase, normalised, pages, pageWanted } from "./normalised-text";
export {
  classCells,
  classes,
  copied,
  copiedCount,
  idField,
  recordsBefore,
  version,
  versionBytes,
} from "./output-line";
export { baseMargin, groupOf, groups, margins, probabilities } from "./probabilities";
export { delimiter, fieldPlaces, fieldsWanted, maxRecordBytes } from "./record";
export { idf, logCounts, logCountsKnown, norm, sublinear, weights } from "./tfidf-weights";
export { denseRow, nodes, roots, walkedTrees } from "./tree-walk";

/** The next record, and where the range ends. */
export let at: usize = 0;
export let end: usize = 0;
/** Where the next line is written, and where the room for it ends. */
export let output: usize = 0;
export let outputEnd: usize = 0;
/** Bytes a line takes at most: so many, and so many times those of its record. */
export let lineBytes: usize = 0;
export let lineRecords: usize = 0;
export let textField: i32 = 0;
/** Bytes of the longest text that may stand for a missing value; 0: only blank texts do. */
export let missingBytes: i32 = 0;
/** Records of the range before `at`, and lines written. */
export let records: u64 = 0;
export let rows: u32 = 0;
/** Lines written of texts that hold no term. */
export let rowsWithoutTerms: u32 = 0;

/** Why `score` stopped. */
export const END = 0;
/** The record at `at` is not plain. */
export const RECORD = 1;
/** `pageWanted` has to be worked out. */
export const PAGE = 2;
/** `output` needs room for one more line. */
export const OUTPUT = 3;

/** Scores records from `at` on until it has to stop; called again, it goes on. */
export function score(): i32 {
  while (at < end) {
    const next = readRecord(at, end);
    if (next === 0) return RECORD;
    if (output + lineBytes + (next - at) * lineRecords > outputEnd) return OUTPUT;
    const quote = quoteOf(textField);
    const textStart = fieldStart(textField) + quote;
    const textStop = fieldEnd(textField) - quote;
    if (((textStop - textStart) as i32) <= missingBytes && mayBeMissing(load<u8>(textStart))) return RECORD;
    const textEnd = normalise(textStart, textStop);
    if (textEnd === PAGE_WANTED) return PAGE;
    if (textEnd === NO_TEXT) return RECORD;
    findTerms(normalised, textEnd);
    if (!weigh()) return RECORD;
    records++;
    rows++;
    rowsWithoutTerms += (foundCount === 0) as u32;
    output = writeLine(output, records, predict());
    at = next;
  }
  return END;
}

/** Whether a value that stands for nothing may begin so: `#N/A`, `-nan`, `1.#IND`, `<NA>`, `N/A`, `nan` and their like. */
function mayBeMissing(first: u8): bool {
  return first === 35 || first === 45 || first === 49 || first === 60 || (first | 32) === 110;
}
