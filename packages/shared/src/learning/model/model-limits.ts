/**
 * What a model may hold, whoever registered it: above what a training can make, and below what would take the memory of
 * the worker that loads it.
 */
export const MODEL_LIMITS = {
  /** Files that a manifest lists; ColaML writes fewer than 10. */
  files: 32,
  /** All files together, in bytes: they are in memory while a model is loaded. */
  bytes: 1024 * 1024 * 1024,
  /** A JSON file, in bytes: V8 makes no longer text. */
  jsonBytes: 512 * 1024 * 1024 - 24,
  /** `max_features`, and twice `char_max_features`, at their highest. */
  terms: 300_000,
  /** Trees per class: the highest `iterations`. */
  rounds: 10_000,
  /** Edges from a tree's root to a leaf: twice the highest `depth`. */
  depth: 32,
  /**
   * Weight of a term, value of a leaf, margin that a row starts from: their sums stay within float32, however long a
   * text. Trained ones are below 1,000.
   */
  margin: 1e20,
  /** Inverse document frequency: that of a term in one of 2^32 documents is 23. */
  idf: 1_000,
} as const;
