import { ColaError } from "../../errors/cola-error";
import type { BoostingRequest, BoostingSettings } from "../../settings/boosting-settings";
import { classWeights } from "./boosting-parameters";
import type { BoostIteration } from "./boosting-progress";
import type { Ensemble } from "./ensemble";
import { sharedFloats, shareMatrix, type TrainingMatrix } from "./training-matrix";
import type { TrainingSize } from "./training-memory";
import type { ThreadLimits } from "./training-thread";
import type { ThreadRows } from "./xgboost-thread";

/**
 * Rows that an iteration is measured on, at most: more training rows would cost as much time as the boosting itself.
 */
export const MAX_MEASURED_ROWS = { train: 100_000, validation: 500_000 } as const;

/** Rows with the class of each (an index into `classes`). */
export interface LabelledRows {
  matrix: TrainingMatrix;
  labels: ArrayLike<number>;
}

export interface BoostInput extends LabelledRows, ThreadLimits {
  /** Weight of each row beside its class's weight: nRows. */
  weights?: ArrayLike<number>;
  validation?: LabelledRows;
  /** Class labels in the order of their indexes; binary: [negative, positive]. */
  classes: readonly string[];
  settings: BoostingRequest;
  onIteration?: (iteration: BoostIteration) => void;
}

export interface BoostResult<E extends Ensemble = Ensemble> {
  ensemble: E;
  history: BoostIteration[];
  /** The iteration (from 1) with the lowest validation log loss; absent without validation rows. */
  bestIteration?: number;
  /** Iterations that the ensemble holds: up to the best one if early stopping is on, else all. */
  iterations: number;
}

/** Models or trees of an iteration: 1 for two classes, else one per class. */
export function groupsOf({ length }: readonly string[]): number {
  return length === 2 ? 1 : length;
}

/** How large a training is. */
export function trainingSize({ matrix, classes }: BoostInput, settings: BoostingSettings): TrainingSize {
  return {
    nRows: matrix.nRows,
    nColumns: matrix.nColumns,
    stored: matrix.indptr[matrix.nRows] ?? 0,
    nGroups: groupsOf(classes),
    depth: settings.depth,
    maxBin: settings.max_bin,
  };
}

function checkLabels(labels: ArrayLike<number>, nRows: number, nClasses: number, part: string): void {
  if (labels.length !== nRows) {
    throw new ColaError("INTERNAL", `${part}: ${labels.length} labels for ${nRows} rows`, {
      retryable: false,
    });
  }
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!Number.isInteger(label) || label < 0 || label >= nClasses) {
      throw new ColaError("LABELS_INVALID", `${part}: row ${row} has class ${label} of ${nClasses}`);
    }
  }
}

/** Labelled rows, of which only the number is looked at. */
export interface RowsToCheck {
  matrix: { nRows: number };
  labels: ArrayLike<number>;
}

/**
 * Checks all but the matrices before anything is started.
 *
 * @param size of the matrix
 * @throws ColaError TOO_FEW_ROWS, LABELS_INVALID, PARAMETER_INVALID; INTERNAL for a mistake in our own code
 */
export function checkBoostInput(
  {
    labels,
    classes,
    validation,
    weights,
  }: Pick<BoostInput, "labels" | "classes" | "weights"> & {
    validation?: RowsToCheck;
  },
  { nRows, nColumns }: Pick<TrainingMatrix, "nRows" | "nColumns">,
  settings: BoostingSettings,
): void {
  if (nRows < 1) throw new ColaError("TOO_FEW_ROWS", "no row to train on");
  if (nColumns < 1) throw new ColaError("TOO_FEW_ROWS", "no feature to train on: the vocabulary is empty");
  if (classes.length < 2)
    throw new ColaError("LABELS_INVALID", `two classes are needed, there are ${classes.length}`);
  checkLabels(labels, nRows, classes.length, "training rows");
  if (new Set(Array.from(labels)).size < 2) {
    throw new ColaError("LABELS_INVALID", `all training rows have the label ${classes[labels[0]!]}`);
  }
  if (weights !== undefined && weights.length !== nRows) {
    throw new ColaError("PARAMETER_INVALID", `${weights.length} weights for ${nRows} rows`);
  }
  if (validation !== undefined) {
    checkLabels(validation.labels, validation.matrix.nRows, classes.length, "validation rows");
  }
  if (settings.early_stopping_rounds > 0 && (validation?.matrix.nRows ?? 0) === 0) {
    throw new ColaError(
      "PARAMETER_INVALID",
      `early_stopping_rounds = ${settings.early_stopping_rounds} needs validation rows, there are none`,
    );
  }
}

/** Weight of each row, or nothing if all are 1. */
export function rowWeights(
  { labels, weights, classes }: Pick<BoostInput, "labels" | "weights" | "classes">,
  settings: BoostingSettings,
): Float32Array | undefined {
  const byClass = classWeights(settings.class_weights, classes, labels);
  if (weights === undefined && byClass.every((weight) => weight === 1)) return undefined;
  const shared = new Float32Array(new SharedArrayBuffer(labels.length * 4));
  for (let row = 0; row < labels.length; row++) shared[row] = byClass[labels[row]!]! * (weights?.[row] ?? 1);
  return shared;
}

function threadRows({ matrix, labels }: LabelledRows): ThreadRows {
  return { matrix: shareMatrix(matrix), labels: sharedFloats(labels) };
}

/** The rows as a training thread takes them, on shared memory. */
export function threadParts(
  input: BoostInput,
  settings: BoostingSettings,
): { train: ThreadRows; validation?: ThreadRows } {
  const train = threadRows(input);
  const weights = rowWeights(input, settings);
  if (weights !== undefined) train.weights = weights;
  const { validation } = input;
  return validation !== undefined && validation.matrix.nRows > 0
    ? { train, validation: threadRows(validation) }
    : { train };
}
