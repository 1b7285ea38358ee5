import type { SharesShifted } from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { QualityMetric } from "@colaml/shared/metrics/metric-table";
import { createCalibrator } from "./calibrator";
import { ChanceSample } from "./chance-sample";
import { estimateClassShares, weighChances } from "./class-shares";
import { ExpectedQuality } from "./expected-quality";

/** What an estimate needs of a reference profile. */
export type CalibrationReference = Pick<ReferenceProfile, "calibration" | "classes"> & {
  labels: Pick<ReferenceProfile["labels"], "actual">;
};

/**
 * Quality without labels, under two assumptions between which no row can decide. Only the texts moved: confidence-based
 * performance estimation as NannyML's CBPE, each row counts in the confusion matrix by its calibrated probability of
 * being of each class. Only the classes' shares moved: the same after these chances are weighed by how the shares
 * moved. Neither sees a changed meaning of the words.
 */
export class EstimatedQuality {
  readonly #classes: readonly string[];
  readonly #trainingShares: number[];
  readonly #calibrators: ((probability: number) => number)[];
  readonly #textsShifted: ExpectedQuality;
  readonly #sample: ChanceSample;
  readonly #calibrated: Float64Array;

  constructor({ calibration, classes, labels }: CalibrationReference) {
    const rows = labels.actual.reduce((sum, count) => sum + count, 0);
    this.#classes = classes;
    this.#trainingShares = labels.actual.map((count) => (rows > 0 ? count / rows : 1 / classes.length));
    this.#calibrators = calibration.map(createCalibrator);
    this.#textsShifted = new ExpectedQuality(classes.length);
    this.#sample = new ChanceSample(classes.length);
    this.#calibrated = new Float64Array(classes.length);
  }

  /** Adds a row; returns the chance that its prediction is right if only the texts moved. */
  add(predicted: number, probabilities: ArrayLike<number>): number {
    const chances = this.#calibrate(probabilities);
    this.#textsShifted.add(predicted, chances, probabilities);
    this.#sample.add(predicted, chances, probabilities);
    return chances[predicted]!;
  }

  /** Estimated metrics if only the texts moved; one that no row speaks for is absent. */
  metrics(): Partial<Record<QualityMetric, number>> {
    return this.#textsShifted.metrics();
  }

  /** The same if only the classes' shares moved, with those shares; at least one row must have been added. */
  sharesShifted(): SharesShifted {
    const training = this.#trainingShares;
    const shares = estimateClassShares(this.#sample.chances, training);
    const expected = new ExpectedQuality(training.length);
    const weighed = new Float64Array(training.length);
    this.#sample.forEach((predicted, chances, probabilities) => {
      weighChances(chances, 0, training, shares, weighed);
      expected.add(predicted, weighed, probabilities);
    });
    return {
      metrics: expected.metrics(),
      classShares: this.#classes.map((name, k) => ({
        class: name,
        training: training[k]!,
        estimated: shares[k]!,
      })),
      rows: this.#sample.rows,
    };
  }

  #calibrate(probabilities: ArrayLike<number>): Float64Array {
    const chances = this.#calibrated;
    if (this.#calibrators.length === 1) {
      chances[1] = this.#calibrators[0]!(probabilities[1]!);
      chances[0] = 1 - chances[1];
      return chances;
    }
    let sum = 0;
    for (let k = 0; k < chances.length; k++) {
      chances[k] = this.#calibrators[k]!(probabilities[k]!);
      sum += chances[k]!;
    }
    for (let k = 0; k < chances.length; k++) chances[k] = sum > 0 ? chances[k]! / sum : 1 / chances.length;
    return chances;
  }
}
