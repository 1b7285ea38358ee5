import type { RejectedByReason } from "@colaml/shared/tables/rejected-by-reason";
import type { RejectReason } from "@colaml/shared/tables/rejected-rows";

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
  /** Only reasons that occurred. */
  rejectedByReason: RejectedByReason;
  invalidUtf8: number;
  /** Rows of `output` whose text holds no term of the model, after stop words and n-grams: see `isWithoutTerms`. */
  withoutKnownWords: number;
  /** Rows of each class by the decision, and behind them those abstained on; absent if the model has no rule. */
  decisions?: number[];
}

/** Scores ranges of whole records, one after the other. The buffers it returns are good until the next call. */
export interface ChunkScorer {
  score(range: Buffer, origin: RangeOrigin): ScoredRange;
}

/** Why a record that is not a `record` is left out, in the words of the dataset reader. */
export const REJECTED: Record<"broken-quote" | "too-long", RejectReason> = {
  "broken-quote": "broken quoting",
  "too-long": "record too large",
};
