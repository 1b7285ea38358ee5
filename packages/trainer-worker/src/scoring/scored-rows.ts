/** Rows that a model was judged on, in file order. */
export interface ScoredRows {
  /** Class index of each row. */
  classOf: Uint16Array;
  /** nRows x nClasses. */
  probabilities: Float64Array;
}
