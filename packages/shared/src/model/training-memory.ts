import { ColaError } from "../errors/cola-error";

/** The wasm heap ends at 2 GB; what the loader, the stack and doubling vectors need is kept free. */
export const TRAINING_HEAP_BYTES = 2_000_000_000;
/** More histogram than this and the exact method, which needs none, is taken. */
const MAX_HISTOGRAM_BYTES = 400_000_000;
/** XGBoost's `max_bin`. */
const BINS = 256;
const BYTES_PER_BIN = 16;
/** A stored value: 8 as a row entry, 8 in a column page or 4 + 5 in the bin index, and vectors that double. */
const BYTES_PER_VALUE = 28;
/** A row: offset, label, weight, gradient pair, position, row set, and vectors that double. */
const BYTES_PER_ROW = 48;
/** A row and class: margin, gradient pair and cached prediction. */
const BYTES_PER_ROW_AND_GROUP = 20;

export type TreeMethod = "hist" | "exact";

export interface TrainingSize {
  nRows: number;
  nColumns: number;
  /** Values the sparse matrix holds. */
  stored: number;
  /** 1 for two classes, else the number of classes. */
  nGroups: number;
  depth: number;
}

/** Bytes the `hist` method holds in histograms of one tree: nodes x columns x bins. */
function histogramBytes({ nRows, nColumns, stored, depth }: TrainingSize): number {
  const nodes = Math.min(2 ** (depth + 1), 2 * nRows);
  const bins = Math.min(nColumns * BINS, stored + nColumns);
  return nodes * bins * BYTES_PER_BIN;
}

/**
 * How XGBoost looks for splits: by histogram, or exactly where wide or deep trees would need too much memory for
 * histograms. Both are deterministic.
 */
export function treeMethodFor(size: TrainingSize): TreeMethod {
  return histogramBytes(size) > MAX_HISTOGRAM_BYTES ? "exact" : "hist";
}

/** Bytes of the training heap a training takes at most. */
export function trainingBytes(size: TrainingSize): number {
  const histogram = treeMethodFor(size) === "hist" ? histogramBytes(size) : 0;
  const perRow = BYTES_PER_ROW + BYTES_PER_ROW_AND_GROUP * size.nGroups;
  return histogram + size.stored * BYTES_PER_VALUE + size.nRows * perRow;
}

/**
 * Refuses what the trainer's heap cannot hold, before anything is allocated.
 * @throws ColaError INPUT_TOO_LARGE with the rows that would fit
 */
export function checkTrainingSize(size: TrainingSize): void {
  const bytes = trainingBytes(size);
  if (bytes <= TRAINING_HEAP_BYTES) return;
  const perRow =
    (size.stored / size.nRows) * BYTES_PER_VALUE + BYTES_PER_ROW + BYTES_PER_ROW_AND_GROUP * size.nGroups;
  const rows = Math.max(0, Math.floor((TRAINING_HEAP_BYTES - MAX_HISTOGRAM_BYTES) / perRow));
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `training on ${size.nRows} rows x ${size.nColumns} features (${size.stored} values) needs about ` +
      `${Math.ceil(bytes / 1e6)} MB, the trainer holds ${TRAINING_HEAP_BYTES / 1e6} MB: ` +
      `${rows} rows would fit (max_train_rows), or fewer max_features`,
    { details: { rows: size.nRows, features: size.nColumns, bytes, rowsThatFit: rows } },
  );
}
