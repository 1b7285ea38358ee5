import { type ClassCounts, classCountsOf } from "@colaml/shared/metrics/class-counts";
import type { ClassificationMetrics, QualityMetric } from "@colaml/shared/metrics/metric-table";
import { wilsonInterval } from "../statistics/wilson-interval";
import { areaErrorOf, areaInterval } from "./area-interval";
import { metricShares, valueOfMetric } from "./confusion-counts";
import type { RealisedQuality } from "./label-tally";

/** The value of a metric on some rows, and how far chance may have moved it. */
export interface Measured {
  value: number;
  /** Rows that speak for it. */
  n: number;
  interval: [number, number];
}

/** Measures a metric, or the recall of one class; undefined if no row speaks for it. */
export type Measure = (metric: QualityMetric, classIndex?: number) => Measured | undefined;

/** What the labels of a check say, with intervals of `z` standard errors. */
export function measureRealised(quality: RealisedQuality, z: number): Measure {
  const { roc_auc: area } = quality.metrics;
  return measure(classCountsOf(quality.confusion), z, {
    ...(area === undefined ? {} : { value: area }),
    error: quality.areaError ?? 0,
    n: quality.support.roc_auc ?? 0,
  });
}

/** What the model reached at its training's test, whose rows are a sample, too. */
export interface TestQuality {
  metrics: ClassificationMetrics;
  /** Absent in profiles of older releases: the metrics then count as if they were exact. */
  classes?: ClassCounts;
}

/** The same of the training's test. */
export function measureTest({ metrics, classes }: TestQuality, z: number): Measure {
  if (!classes) {
    return (metric, classIndex) => {
      const value = classIndex === undefined ? metrics[metric] : undefined;
      return value === undefined
        ? undefined
        : { value, n: Number.POSITIVE_INFINITY, interval: [value, value] };
    };
  }
  const { roc_auc: area } = metrics;
  return measure(classes, z, {
    ...(area === undefined ? {} : { value: area, error: areaErrorOf(area, classes) }),
    n: Math.min(...Array.from(classes.actual)),
  });
}

function measure(
  counts: ClassCounts,
  z: number,
  area: { value?: number; error?: number; n: number },
): Measure {
  const shares = metricShares(counts);
  const nClasses = counts.actual.length;
  return (metric, classIndex) => {
    if (metric === "roc_auc") {
      if (area.value === undefined) return undefined;
      return { value: area.value, n: area.n, interval: areaInterval(area.value, area.error ?? 0, z) };
    }
    const share =
      classIndex === undefined
        ? shares[metric]
        : { successes: counts.correct[classIndex]!, n: counts.actual[classIndex]! };
    if (!share || share.n === 0) return undefined;
    const of = (value: number) => (classIndex === undefined ? valueOfMetric(metric, value, nClasses) : value);
    const [low, high] = wilsonInterval(share.successes, share.n, z);
    return { value: of(share.successes / share.n), n: share.n, interval: [of(low), of(high)] };
  };
}
