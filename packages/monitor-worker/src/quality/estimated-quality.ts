import type { QualityMetric } from "@colaml/shared/jobs/monitor";
import type { CalibrationBin } from "@colaml/shared/model/reference-profile";
import { ConfusionCounts, valueOfShare } from "./confusion-counts";

/** Steps of the table that the estimated ROC curve is drawn from. */
const STEPS = 10_000;

/**
 * A probability as the training's held-out rows bear it out: a rising line through each bin's mean probability
 * and share of positives (pooled where the shares fall: pool adjacent violators), flat beyond the ends.
 */
export function createCalibrator(bins: readonly CalibrationBin[]): (probability: number) => number {
  const points = pooled(bins);
  if (points.length === 0) return (probability) => probability;
  return (probability) => {
    let right = 0;
    while (right < points.length && points[right]!.x < probability) right++;
    if (right === 0) return points[0]!.y;
    if (right === points.length) return points[right - 1]!.y;
    const [a, b] = [points[right - 1]!, points[right]!];
    return a.y + ((probability - a.x) / (b.x - a.x)) * (b.y - a.y);
  };
}

function pooled(bins: readonly CalibrationBin[]): { x: number; y: number }[] {
  const blocks: { rows: number; sum: number; positives: number }[] = [];
  for (const { rows, meanProbability, positives } of bins) {
    if (rows === 0) continue;
    let block = { rows, sum: rows * meanProbability, positives };
    while (
      blocks.length > 0 &&
      blocks.at(-1)!.positives / blocks.at(-1)!.rows >= block.positives / block.rows
    ) {
      const left = blocks.pop()!;
      block = {
        rows: left.rows + block.rows,
        sum: left.sum + block.sum,
        positives: left.positives + block.positives,
      };
    }
    blocks.push(block);
  }
  return blocks.map(({ rows, sum, positives }) => ({ x: sum / rows, y: positives / rows }));
}

/**
 * Quality without labels: confidence-based performance estimation as NannyML's CBPE. Each row counts in the
 * confusion matrix by its calibrated probability of being of each class. It sees covariate shift that the scores
 * reflect, not a changed meaning of the words.
 */
export class EstimatedQuality {
  readonly #calibrators: ((probability: number) => number)[];
  readonly #confusion: ConfusionCounts;
  readonly #calibrated: Float64Array;
  readonly #positives = new Float64Array(STEPS + 1);
  readonly #negatives = new Float64Array(STEPS + 1);

  /** @param calibration of the reference profile: one list of bins for binary, one a class otherwise */
  constructor(calibration: readonly (readonly CalibrationBin[])[], nClasses: number) {
    this.#calibrators = calibration.map(createCalibrator);
    this.#confusion = new ConfusionCounts(nClasses);
    this.#calibrated = new Float64Array(nClasses);
  }

  /** Adds a row; returns the chance that its prediction is right. */
  add(predicted: number, probabilities: ArrayLike<number>): number {
    const chances = this.#calibrate(probabilities);
    for (let k = 0; k < chances.length; k++) this.#confusion.add(k, predicted, chances[k]!);
    if (chances.length === 2) {
      const step = Math.round(probabilities[1]! * STEPS);
      this.#positives[step]! += chances[1]!;
      this.#negatives[step]! += chances[0]!;
    }
    return chances[predicted]!;
  }

  /** Estimated metrics; one that no row speaks for is absent. */
  metrics(): Partial<Record<QualityMetric, number>> {
    const found: Partial<Record<QualityMetric, number>> = {};
    for (const [name, { successes, n }] of Object.entries(this.#confusion.shares())) {
      const metric = name as QualityMetric;
      if (n > 0) found[metric] = valueOfShare(metric, successes / n, this.#confusion.nClasses);
    }
    const area = this.#area();
    if (area !== undefined) found.roc_auc = area;
    return found;
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

  #area(): number | undefined {
    const positives = this.#positives.reduce((sum, mass) => sum + mass, 0);
    const negatives = this.#negatives.reduce((sum, mass) => sum + mass, 0);
    if (positives <= 0 || negatives <= 0) return undefined;
    let below = 0;
    let area = 0;
    for (let step = 0; step <= STEPS; step++) {
      area += this.#positives[step]! * (below + this.#negatives[step]! / 2);
      below += this.#negatives[step]!;
    }
    return area / (positives * negatives);
  }
}
