import type { QualityMetric } from "@colaml/shared/metrics/metric-table";
import { ConfusionCounts, type CountedQuality, valueOfMetric } from "./confusion-counts";

/** Steps of the table that an expected ROC curve is drawn from. */
const STEPS = 10_000;
/** With many classes the tables of all of them share this many steps. */
const STEPS_OF_ALL_CLASSES = 1_000_000;

/** Metrics of rows whose classes are known by their chances only: each row counts with its chance of each class. */
export class ExpectedQuality {
  readonly #nClasses: number;
  readonly #confusion: ConfusionCounts;
  readonly #curves: ExpectedCurve[];

  constructor(nClasses: number) {
    this.#nClasses = nClasses;
    this.#confusion = new ConfusionCounts(nClasses);
    const curves = nClasses === 2 ? 1 : nClasses;
    const steps = Math.min(STEPS, Math.floor(STEPS_OF_ALL_CLASSES / curves));
    this.#curves = Array.from({ length: curves }, () => new ExpectedCurve(steps));
  }

  /** @param chances of each class; `probabilities` as the model gave them, which order the rows */
  add(predicted: number, chances: ArrayLike<number>, probabilities: ArrayLike<number>): void {
    for (let k = 0; k < this.#nClasses; k++) this.#confusion.add(k, predicted, chances[k]!);
    if (this.#nClasses === 2) this.#curves[0]!.add(probabilities[1]!, chances[1]!);
    else for (const [k, curve] of this.#curves.entries()) curve.add(probabilities[k]!, chances[k]!);
  }

  /**
   * The expected metrics; ROC AUC of more than two classes is one against the rest, weighted by the expected rows of
   * each class, as the realised one. A metric that no row speaks for is absent.
   */
  metrics(): Partial<Record<QualityMetric, number>> {
    const found: Partial<Record<QualityMetric, number>> = {};
    for (const [name, { successes, n }] of Object.entries(this.#confusion.shares())) {
      const metric = name as CountedQuality;
      if (n > 0) found[metric] = valueOfMetric(metric, successes / n, this.#nClasses);
    }
    const area = this.#area();
    if (area !== undefined) found.roc_auc = area;
    return found;
  }

  #area(): number | undefined {
    let [sum, weights] = [0, 0];
    for (const curve of this.#curves) {
      const area = curve.area();
      // A class of which no row is expected has no curve, and no weight.
      if (area === undefined) continue;
      const weight = this.#curves.length === 1 ? 1 : area.positives;
      sum += weight * area.value;
      weights += weight;
    }
    return weights > 0 ? sum / weights : undefined;
  }
}

/** Expected positives and negatives by probability. */
class ExpectedCurve {
  readonly #positives: Float64Array;
  readonly #negatives: Float64Array;

  constructor(steps: number) {
    this.#positives = new Float64Array(steps + 1);
    this.#negatives = new Float64Array(steps + 1);
  }

  add(probability: number, chance: number): void {
    const step = Math.round(probability * (this.#positives.length - 1));
    this.#positives[step]! += chance;
    this.#negatives[step]! += 1 - chance;
  }

  /** Ties count half. */
  area(): { value: number; positives: number } | undefined {
    const positives = this.#positives.reduce((sum, mass) => sum + mass, 0);
    const negatives = this.#negatives.reduce((sum, mass) => sum + mass, 0);
    if (positives <= 0 || negatives <= 0) return undefined;
    let [below, area] = [0, 0];
    for (let step = 0; step < this.#positives.length; step++) {
      area += this.#positives[step]! * (below + this.#negatives[step]! / 2);
      below += this.#negatives[step]!;
    }
    return { value: area / (positives * negatives), positives };
  }
}
