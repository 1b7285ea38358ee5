// Written by scripts/kernel-facts.mjs from packages/predictor-worker/kernel: change it there.

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
export const FIRST_FACTOR = 0x13c6ef372fe94fn;
export const LAST_FACTOR = 0x1f35d1d5a9c3b7n;
/** Bytes that must lie in the memory behind the end of anything: the kernel may read or write so far. */
export const SLACK = 64;
/** What `calibration` may be. */
export const NO_CALIBRATION = 0;
export const SIGMOID_CALIBRATION = 1;
export const ISOTONIC_CALIBRATION = 2;
export const MAP_BYTES = 16;
export const COUNTS_WORDS = 0;
export const COUNTS_CHARACTERS = 1;
export const COUNTS_WITHIN_WORDS = 2;
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
/** Leaves that a mask has bits for, and leaf values that are kept of each tree. */
export const MAX_LEAVES = 64;
/** A flip begins with its threshold (f32, NaN ends a list). Behind it: its tree (u32), the leaves it leaves (u64). */
export const FLIP_TREE = 4;
export const FLIP_LEAVES = 8;
export const FLIP_BYTES = 16;
/** What a code point of a page becomes if it separates words. */
export const SEPARATES = -1;
/** The same if only the string as a whole says it: a capital sigma, a dotted capital I. */
export const UNCLEAR = -2;
/** The same if it is left out. */
export const DROPPED = -3;
/** Code points of a page. */
export const PAGE_SIZE = 256;
/** Decimals of a probability: an absolute error below 5e-10, finer than float32 anywhere above 0.01. */
export const PROBABILITY_DECIMALS = 9;
/** What `norm` may be. */
export const NO_NORM = 0;
export const L1_NORM = 1;
export const L2_NORM = 2;
/**
 * A node begins with its left child (u32, the node itself at a leaf). Behind it: its right child (u32), its feature
 * times 2, plus 1 if absent goes left (u32), its threshold or leaf value (f32).
 */
export const NODE_RIGHT = 4;
export const NODE_FEATURE = 8;
export const NODE_VALUE = 12;
export const NODE_BYTES = 16;
/** Words that there is room for, and numbers of terms: those of each word end with `NO_TERM`. */
export const CACHED_WORDS = 1 << 14;
export const CACHED_TERMS = 1 << 18;
/** An entry: the word's first eight bytes, its last eight, its length (u32, 0: free), where its list is (u32). */
export const WORD_BYTES = 24;

/** A variable of the kernel. */
export interface Variable<T> {
  value: T;
}

/** Variables of the kernel: numbers, and offsets in its memory. */
export interface KernelVariables {
  /** Hash table of the vocabulary: 2^(64 - slotShift) slots of `SLOT_BYTES`; `slotMask` is its size in bytes less 1. */
  slots: Variable<number>;
  slotShift: Variable<bigint>;
  slotMask: Variable<number>;
  /** How often each term was found: u32 each, and one more for words that are not terms. */
  counts: Variable<number>;
  /** A bit for each term that was found, 64 a word, and how many words there are. */
  termBits: Variable<number>;
  termWords: Variable<number>;
  /** The distinct terms of the last text, ascending (u32 each), and how many there are. */
  found: Variable<number>;
  calibration: Variable<number>;
  /**
   * A map for each group, `MAP_BYTES` each. Sigmoid: slope and intercept of the logit (f64 each). Isotonic: where its
   * knots lie, x and y of each (f64 each), and how many there are (u32 each).
   */
  calibrationMaps: Variable<number>;
  /** For each page of 256 code points a pointer to what they become (i32 each), 0 for a page not worked out yet. */
  characterPages: Variable<number>;
  /** The text as its characters are counted. */
  characters: Variable<number>;
  /** Not 0 where the model has a decision rule: lines then hold a decision behind the label. */
  decides: Variable<number>;
  /** Thresholds: f64, one for each group; 0: the decision is the label. */
  thresholds: Variable<number>;
  /** The rule abstains if the highest probability is below. */
  abstainBelow: Variable<number>;
  /** How often each class was decided, and behind them how often none was: u32 each. */
  decisionCounts: Variable<number>;
  /** Parts of the features; 0 if they are words one by one, which need no table of parts. */
  parts: Variable<number>;
  /**
   * For each part, u32 each: what it counts; the shortest and the longest n-gram; the number behind its last term; the
   * place, the shift and the mask of its hash table; those of its stop words, place 0 if it has none.
   */
  partTable: Variable<number>;
  /** The next record, and where the range ends. */
  at: Variable<number>;
  end: Variable<number>;
  /** Where the next line is written, and where the room for it ends. */
  output: Variable<number>;
  outputEnd: Variable<number>;
  /** Bytes that a line takes at most: this many, and this many times those of its record. */
  lineBytes: Variable<number>;
  lineRecords: Variable<number>;
  /** Records of the range before `at`, and lines written. */
  records: Variable<bigint>;
  rows: Variable<number>;
  /** Lines written of texts that hold no term. */
  rowsWithoutTerms: Variable<number>;
  /** Trees of the model; 0 if one has more leaves than a mask has bits. */
  maskedTrees: Variable<number>;
  /**
   * For each feature two pointers (u32) to lists of flips: nodes at which absent goes left, thresholds ascending, and
   * nodes where absent goes right, descending.
   */
  flips: Variable<number>;
  /** Leaves not struck out, of each tree: u64 each. */
  leafMasks: Variable<number>;
  /** Leaf values: f32, `MAX_LEAVES` for each tree. */
  leafValues: Variable<number>;
  /** Not 0 for a linear model: each feature's weights (f32), the groups side by side. */
  linearWeights: Variable<number>;
  /** Margin that each group starts from: f32 each. */
  linearBias: Variable<number>;
  /** Not 0 if words are lower-cased. */
  lowercase: Variable<number>;
  /** For each page of `PAGE_SIZE` code points a pointer to what they become (i32 each), 0 for a page not worked out yet. */
  pages: Variable<number>;
  /** The page that has to be worked out before the text can be read. */
  pageWanted: Variable<number>;
  /** The text as words see it: words of letters, digits and bytes beyond ASCII, anything else between them. */
  normalised: Variable<number>;
  /** The field that is the id; below 0, the record's number is. */
  idField: Variable<number>;
  /** Records of the file before the first one of the range. */
  recordsBefore: Variable<bigint>;
  /** What follows the probabilities: the model version, its delimiters before it. */
  version: Variable<number>;
  versionBytes: Variable<number>;
  /** The classes' names as cells: pointer and length (u32 each) for each class; behind them the word for abstaining. */
  classCells: Variable<number>;
  classes: Variable<number>;
  /** Fields copied behind: u32 each. */
  copied: Variable<number>;
  copiedCount: Variable<number>;
  /** Margins per row: 1 for two classes, else one per class. */
  groups: Variable<number>;
  /** The group of each tree: u32 each. */
  groupOf: Variable<number>;
  baseMargin: Variable<number>;
  /** Margins: f32, `groups`. */
  margins: Variable<number>;
  /** Probabilities: f64, one per class. */
  probabilities: Variable<number>;
  /** The fields that make the text, in order: u32 each. */
  textFields: Variable<number>;
  textFieldCount: Variable<number>;
  /** Bytes of the longest text that may stand for a missing value; 0: only blank texts do. */
  missingBytes: Variable<number>;
  /** Room for the text of a record of several text fields. */
  joined: Variable<number>;
  /** Byte between fields. */
  delimiter: Variable<number>;
  /** Fields a record must have. */
  fieldsWanted: Variable<number>;
  /** For each field where it begins and ends, its quotes included: two u32 each. */
  fieldPlaces: Variable<number>;
  /** Bytes a record may have. */
  maxRecordBytes: Variable<number>;
  /** Inverse document frequency of each term: f64 each. */
  idf: Variable<number>;
  norm: Variable<number>;
  /** Not 0 if a count enters as 1 + ln(count): `logCounts` has that of each count below `logCountsKnown`. */
  sublinear: Variable<number>;
  logCounts: Variable<number>;
  logCountsKnown: Variable<number>;
  /** Values of the terms found, in their order: f64 each. */
  weights: Variable<number>;
  /** Trees of the model; 0 if they have leaf masks. */
  walkedTrees: Variable<number>;
  /** Number of each tree's root: u32 each. */
  roots: Variable<number>;
  /** Nodes of all trees, `NODE_BYTES` each. */
  nodes: Variable<number>;
  /** The row: one f32 per feature, NaN if absent, as all are between rows. */
  denseRow: Variable<number>;
  /** Room for the entries, all free at first, and for the numbers (u32). */
  cachedWords: Variable<number>;
  cachedTerms: Variable<number>;
  /** Room for where each word that is kept begins, and one place behind the last: u32 each. */
  wordStarts: Variable<number>;
}
