import type { RejectReason } from "@colaml/shared/data/rejected-rows";
import type { ChunkPlan } from "@colaml/shared/jobs/predict-chunk";

/** The label's place among the classes, and the probability of each class. */
export interface Prediction {
  label: number;
  probabilities: ArrayLike<number>;
}

/** A classifier as scoring needs it; `@colaml/shared/model/classifier` makes one from a bundle. */
export interface RowClassifier {
  readonly classes: readonly string[];
  predict(text: string): Prediction;
  /** Of a TF-IDF row: columns, ascending, and their values. */
  predictRow(row: { indices: Uint32Array; values: Float64Array }): Prediction;
}

/** Terms that pushed a text towards its label, strongest first. */
export type Explain = (text: string, most: number) => { term: string; contribution: number }[];

/** Where the range to score lies in its file. */
export interface RangeOrigin {
  firstLine: number;
  firstRow: number;
}

/** What a range gave: bytes of the output and of the rejected file. */
export interface ScoredRange {
  output: Buffer;
  rejectedLines: Buffer;
  rows: number;
  rejected: number;
  invalidUtf8: number;
}

/** Scores ranges of whole records, one after the other. The buffers it returns are good until the next call. */
export interface ChunkScorer {
  score(range: Buffer, origin: RangeOrigin): ScoredRange;
}

export type InputPlan = ChunkPlan["input"];

/** Why a record that is no `record` is left out, in the words of the dataset reader. */
export const REJECTED: Record<"broken-quote" | "too-long", RejectReason> = {
  "broken-quote": "broken quoting",
  "too-long": "record too large",
};
