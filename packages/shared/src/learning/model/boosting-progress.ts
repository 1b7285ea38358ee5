import { evenlySpaced, GrowingMargins } from "./growing-margins";
import type { SharedMatrix } from "./training-matrix";
import type { Tree, TreeEnsemble } from "./tree-ensemble";
import { marginsToProbabilities } from "./tree-scorer";

/** Mean log loss and share of wrong rows. */
export interface StepMetrics {
  logLoss: number;
  error: number;
}

/** Guard against log(0): float32 rounds what is nearer to 1 than this to 1. */
const LEAST_PROBABILITY = 2 ** -24;

/** One iteration: a tree (one per class) was added. */
export interface BoostIteration {
  /** From 1. */
  number: number;
  of: number;
  /** On at most 100,000 evenly spaced training rows. */
  train: StepMetrics;
  /** On at most 500,000 evenly spaced validation rows; absent if there are none. */
  validation?: StepMetrics;
}

/** The quality of a growing ensemble on some rows. */
export class RunningMetrics {
  readonly #margins: GrowingMargins;
  readonly #rows: Uint32Array;
  readonly #labels: Float32Array;
  readonly #nGroups: number;
  readonly #objective: TreeEnsemble["objective"];
  readonly #probabilities: Float64Array;

  /** @param maxRows evenly spaced rows are taken if there are more */
  constructor(matrix: SharedMatrix, labels: Float32Array, nClasses: number, maxRows: number) {
    this.#labels = labels;
    this.#rows = evenlySpaced(matrix.nRows, maxRows);
    this.#nGroups = nClasses === 2 ? 1 : nClasses;
    this.#margins = new GrowingMargins(matrix, this.#nGroups, this.#rows);
    this.#objective = nClasses === 2 ? "binary:logistic" : "multi:softprob";
    this.#probabilities = new Float64Array(nClasses);
  }

  /** Adds the trees of one iteration and measures. */
  add(trees: readonly Tree[]): StepMetrics {
    this.#margins.add(trees);
    let loss = 0;
    let wrong = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const margins = this.#margins.values.subarray(i * this.#nGroups, (i + 1) * this.#nGroups);
      const probabilities = marginsToProbabilities(this.#objective, margins, this.#probabilities);
      const label = this.#labels[this.#rows[i]!]!;
      loss -= Math.log(Math.max(probabilities[label]!, LEAST_PROBABILITY));
      if (!isHighest(probabilities, label)) wrong++;
    }
    return { logLoss: loss / this.#rows.length, error: wrong / this.#rows.length };
  }
}

/** Probabilities of a row of a model as it is now; `out` may be what is returned. */
export type ProbabilitiesOf = (row: number, out: Float64Array) => Float64Array;

/** The quality of a model on some rows that are scored anew at each measurement: for models that change as a whole. */
export class StepTally {
  readonly #labels: ArrayLike<number>;
  readonly #rows: Uint32Array;
  readonly #probabilitiesOf: ProbabilitiesOf;
  readonly #probabilities: Float64Array;

  /**
   * @param labels class of each row
   * @param maxRows evenly spaced rows are taken if there are more
   */
  constructor(
    labels: ArrayLike<number>,
    nClasses: number,
    maxRows: number,
    probabilitiesOf: ProbabilitiesOf,
  ) {
    this.#labels = labels;
    this.#rows = evenlySpaced(labels.length, maxRows);
    this.#probabilitiesOf = probabilitiesOf;
    this.#probabilities = new Float64Array(nClasses);
  }

  measure(): StepMetrics {
    let loss = 0;
    let wrong = 0;
    for (const row of this.#rows) {
      const probabilities = this.#probabilitiesOf(row, this.#probabilities);
      const label = this.#labels[row]!;
      loss -= Math.log(Math.max(probabilities[label]!, LEAST_PROBABILITY));
      if (!isHighest(probabilities, label)) wrong++;
    }
    return { logLoss: loss / this.#rows.length, error: wrong / this.#rows.length };
  }
}

/** The iteration (from 1) with the lowest validation log loss, the first of equals; undefined without validation rows. */
export function bestIterationOf(history: readonly BoostIteration[]): number | undefined {
  let best: BoostIteration | undefined;
  for (const step of history) {
    if (step.validation === undefined) continue;
    if (best?.validation === undefined || step.validation.logLoss < best.validation.logLoss) best = step;
  }
  return best?.number;
}

/** Whether `label` is what would be predicted: the first of the highest. */
function isHighest(probabilities: Float64Array, label: number): boolean {
  const p = probabilities[label]!;
  for (let k = 0; k < probabilities.length; k++) {
    if (probabilities[k]! > p || (k < label && probabilities[k] === p)) return false;
  }
  return true;
}
