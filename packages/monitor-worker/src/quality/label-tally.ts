import {
  type ClassificationMetrics,
  METRICS,
  QUALITY_METRICS,
  type QualityMetric,
} from "@colaml/shared/metrics/metric-table";
import { wilsonInterval } from "../statistics/wilson-interval";
import { areaInterval } from "./area-interval";
import { ConfusionCounts, type CountedQuality, valueOfMetric } from "./confusion-counts";
import { ScoreTable } from "./score-table";

/** Realised quality: metrics, the 95% interval of each and the rows that speak for each. */
export interface RealisedQuality {
  n: number;
  metrics: ClassificationMetrics;
  intervals: Partial<Record<QualityMetric, [number, number]>>;
  support: Partial<Record<QualityMetric, number>>;
  /** A row of counts a class, and a last one for foreign labels if there are any. */
  confusion: number[][];
  /** Rows of `n` whose label is not a class of the model: each is a wrong prediction. */
  foreign: number;
  /** Standard error of `metrics.roc_auc`. */
  areaError?: number;
}

/** scikit-learn's clipping of probabilities in `log_loss`: the float64 epsilon. */
const EPSILON = 2.220446049250313e-16;

/** Labelled rows counted one by one; memory does not grow with them. */
export class LabelTally {
  readonly #confusion: ConfusionCounts;
  readonly #tables: ScoreTable[];
  readonly #rowsOfClass: Float64Array;
  #foreign = 0;
  #logLoss = 0;

  constructor(nClasses: number) {
    this.#confusion = new ConfusionCounts(nClasses);
    const tables = nClasses === 2 ? 1 : nClasses;
    this.#tables = Array.from({ length: tables }, () => new ScoreTable(tables));
    this.#rowsOfClass = new Float64Array(nClasses);
  }

  /** @param probabilities of each class */
  add(actual: number, predicted: number, probabilities: ArrayLike<number>): void {
    this.#confusion.add(actual, predicted);
    this.#rowsOfClass[actual]!++;
    this.#logLoss -= Math.log(Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[actual]!)));
    if (this.#tables.length === 1) this.#tables[0]!.add(probabilities[1]!, actual === 1);
    else for (const [k, table] of this.#tables.entries()) table.add(probabilities[k]!, actual === k);
  }

  /** A row whose label is not a class of the model. */
  addForeign(predicted: number): void {
    this.#confusion.add(this.#confusion.foreign, predicted);
    this.#foreign++;
  }

  /** @param classes for the reasons of what is absent */
  quality(classes: readonly string[]): RealisedQuality {
    const n = this.#confusion.total;
    const foreign = this.#foreign;
    const actual = [...classes.keys(), ...(foreign > 0 ? [this.#confusion.foreign] : [])];
    const confusion = actual.map((a) => classes.map((_, p) => this.#confusion.at(a, p)));
    if (n === 0)
      return { n, metrics: { absent: noLabels() }, intervals: {}, support: {}, confusion, foreign };
    const metrics: ClassificationMetrics = {};
    const absent: Record<string, string> = {};
    if (foreign === 0) metrics.log_loss = this.#logLoss / n;
    else absent["log_loss"] = this.#foreignReason();
    const intervals: RealisedQuality["intervals"] = {};
    const support: RealisedQuality["support"] = {};
    for (const [name, { successes, n: rows }] of Object.entries(this.#confusion.shares())) {
      const metric = name as CountedQuality;
      const value = (share: number) => valueOfMetric(metric, share, classes.length);
      support[metric] = rows;
      if (rows === 0) {
        absent[metric] = reasonOf(metric, classes);
        continue;
      }
      metrics[metric] = value(successes / rows);
      const [low, high] = wilsonInterval(successes, rows);
      intervals[metric] = [value(low), value(high)];
    }
    const areaError = this.#addRocAuc(classes, { metrics, absent, intervals, support });
    if (Object.keys(absent).length > 0) metrics.absent = absent;
    return {
      n,
      metrics,
      intervals,
      support,
      confusion,
      foreign,
      ...(areaError === undefined ? {} : { areaError }),
    };
  }

  /** scikit-learn's `log_loss` and `roc_auc_score` refuse labels that have no probability. */
  #foreignReason(): string {
    return `${this.#foreign} labels are not a class of the model and have no probability`;
  }

  /**
   * Binary: the area and DeLong's interval; multiclass: one against the rest, weighted by the classes' rows, with
   * the classes' errors added up as if they went together, which makes the interval rather too wide.
   *
   * @returns the area's standard error
   */
  #addRocAuc(
    classes: readonly string[],
    out: Pick<RealisedQuality, "metrics" | "intervals" | "support"> & { absent: Record<string, string> },
  ): number | undefined {
    const missing = classes.filter((_, k) => this.#rowsOfClass[k] === 0);
    out.support.roc_auc = Math.min(...this.#rowsOfClass);
    if (this.#foreign > 0) {
      out.absent["roc_auc"] = this.#foreignReason();
      return;
    }
    if (missing.length > 0) {
      out.absent["roc_auc"] = `no labelled row is ${missing.map((name) => JSON.stringify(name)).join(", ")}`;
      return undefined;
    }
    const areas = this.#tables.map((table) => table.rocAuc()!);
    const weight = (k: number) => (areas.length === 1 ? 1 : this.#rowsOfClass[k]! / this.#confusion.total);
    const value = areas.reduce((sum, area, k) => sum + weight(k) * area.value, 0);
    const error = areas.reduce((sum, area, k) => sum + weight(k) * area.standardError, 0);
    out.metrics.roc_auc = value;
    out.intervals.roc_auc = areaInterval(value, error);
    return error;
  }
}

function noLabels(): Record<string, string> {
  return Object.fromEntries([...QUALITY_METRICS, "log_loss"].map((name) => [name, "no labelled rows"]));
}

function reasonOf(metric: CountedQuality, classes: readonly string[]): string {
  const positive = JSON.stringify(classes[1]);
  const { lacks } = METRICS[metric];
  if (lacks === "predictions") return `no row was predicted ${positive}`;
  if (lacks === "rows") return `no labelled row is ${positive}`;
  return `no labelled row is ${positive}, and none was predicted so`;
}
