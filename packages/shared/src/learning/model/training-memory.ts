import { ColaError } from "../../errors/cola-error";

/** The wasm heap ends at 2 GB; what the loader, the stack and doubling vectors need is kept free. */
export const TRAINING_HEAP_BYTES = 2_000_000_000;
/** Histograms may take so much, and so much a stored value: with few rows the exact method is as fast, at none. */
const MAX_HISTOGRAM_BYTES = 1_000_000_000;
const SMALL_HISTOGRAM_BYTES = 50_000_000;
const HISTOGRAM_BYTES_PER_VALUE = 512;
/** XGBoost's `max_bin`, if the settings do not say. */
const DEFAULT_BINS = 256;
const BYTES_PER_BIN = 16;
/** A stored value of trees: 8 as a row entry, 8 in a column page or 4 + 5 in the bin index, and vectors that double. */
const BYTES_PER_VALUE = 28;
/** A stored value of a linear model: an entry of its column. */
const BYTES_PER_LINEAR_VALUE = 8;
/** A row: offset, label, weight, gradient pair, position, row set, and vectors that double. */
const BYTES_PER_ROW = 48;
/** A row and class: margin, gradient pair and cached prediction. */
const BYTES_PER_ROW_AND_GROUP = 20;
/** A weight of a linear model: in the model, in the bytes that it is saved as, and in what we read of them. */
const BYTES_PER_WEIGHT = 16;

export type TreeMethod = "hist" | "exact";

export interface TrainingSize {
  nRows: number;
  nColumns: number;
  /** Values the sparse matrix holds. */
  stored: number;
  /** 1 for two classes, else the number of classes. */
  nGroups: number;
  /** Of trees; absent for a linear model. */
  depth?: number | undefined;
  /** Bins per feature that trees look for splits in, at most; absent: XGBoost's own. */
  maxBin?: number | undefined;
}

/** Bytes the `hist` method holds in histograms of one tree: nodes x columns x bins; a linear model has none. */
function histogramBytes({ nRows, nColumns, stored, depth, maxBin }: TrainingSize): number {
  if (depth === undefined) return 0;
  const nodes = Math.min(2 ** (depth + 1), 2 * nRows);
  const bins = Math.min(nColumns * (maxBin ?? DEFAULT_BINS), stored + nColumns);
  return nodes * bins * BYTES_PER_BIN;
}

/** Bytes of all but histograms and weights. */
function rowBytes({ nRows, stored, nGroups, depth }: TrainingSize): number {
  const perValue = depth === undefined ? BYTES_PER_LINEAR_VALUE : BYTES_PER_VALUE;
  return stored * perValue + nRows * (BYTES_PER_ROW + BYTES_PER_ROW_AND_GROUP * nGroups);
}

/** Bytes of a linear model's weights; trees have none. */
function weightBytes({ nColumns, nGroups, depth }: TrainingSize): number {
  return depth === undefined ? (nColumns + 1) * nGroups * BYTES_PER_WEIGHT : 0;
}

/**
 * How XGBoost looks for splits: by histogram, or exactly if histograms of wide or deep trees would take more
 * memory than the rows are worth. Both are deterministic.
 */
export function treeMethodFor(size: TrainingSize): TreeMethod {
  const allowed = Math.min(
    MAX_HISTOGRAM_BYTES,
    SMALL_HISTOGRAM_BYTES + HISTOGRAM_BYTES_PER_VALUE * size.stored,
    TRAINING_HEAP_BYTES - rowBytes(size),
  );
  return histogramBytes(size) > allowed ? "exact" : "hist";
}

/** Bytes of the training heap a training takes at most. */
export function trainingBytes(size: TrainingSize): number {
  return rowBytes(size) + weightBytes(size) + (treeMethodFor(size) === "hist" ? histogramBytes(size) : 0);
}

/**
 * Refuses what the trainer's heap cannot hold, before anything is allocated.
 * @throws ColaError INPUT_TOO_LARGE with the rows that would fit
 */
export function checkTrainingSize(size: TrainingSize): void {
  const bytes = trainingBytes(size);
  if (bytes <= TRAINING_HEAP_BYTES) return;
  const rows = Math.max(
    0,
    Math.floor((TRAINING_HEAP_BYTES - weightBytes(size)) / (rowBytes(size) / size.nRows)),
  );
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `training on ${size.nRows} rows x ${size.nColumns} features (${size.stored} values) needs about ` +
      `${Math.ceil(bytes / 1e6)} MB, the trainer holds ${TRAINING_HEAP_BYTES / 1e6} MB: ` +
      `${rows} rows would fit (max_train_rows), or fewer max_features`,
    { details: { rows: size.nRows, features: size.nColumns, bytes, rowsThatFit: rows } },
  );
}
