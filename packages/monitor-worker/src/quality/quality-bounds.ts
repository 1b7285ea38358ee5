import type { QualityCheck, QualityThresholds } from "@colaml/shared/contracts/monitor";
import type { QualityMetric } from "@colaml/shared/metrics/metric-table";
import type { Measured } from "./measured-metric";

/** What quality is held against. */
export interface QualityLimits {
  thresholds: QualityThresholds;
  /** Thresholds that nobody set by hand, each with the setting that sets it. */
  byDefault: Partial<Record<QualityMetric, string>>;
  /** Allowed drop below the training's test metrics; absent: not checked. */
  drop: { absolute?: number; relative?: number };
  /** Drop by which a threshold that nobody set gives way to what the model reached at its test. */
  defaultDrop: number;
}

/** Least value of a metric, and how much of it the training's test metric makes: `of` times that, less `less`. */
export interface Bound {
  kind: QualityCheck["kind"];
  bound: number;
  /** 0: a fixed value, which no chance is in. */
  ofTest: number;
  /** Why the bound is another one than the configured. */
  reason?: string;
}

/**
 * The bounds of a metric. A threshold that nobody set by hand counts only if the model surely reached it at its own
 * test: else every window like the training's would fail, so it gives way to the test metric less the default drop.
 *
 * @param test what the model reached at its training's test
 */
export function boundsOf(
  metric: QualityMetric,
  className: string | undefined,
  limits: QualityLimits,
  test: Measured | undefined,
): Bound[] {
  const { thresholds, drop } = limits;
  const found: Bound[] = [];
  const threshold = className === undefined ? thresholds[metric] : thresholds.class_recall?.[className];
  const setting = className === undefined ? limits.byDefault[metric] : undefined;
  if (threshold !== undefined) {
    const weaker = setting === undefined ? undefined : givenWay(threshold, setting, limits.defaultDrop, test);
    found.push(weaker ?? { kind: "threshold", bound: threshold, ofTest: 0 });
  }
  if (!test) return found;
  const { absolute, relative } = drop;
  if (absolute !== undefined)
    found.push({ kind: "absolute drop", bound: Math.max(0, test.value - absolute), ofTest: 1 });
  if (relative !== undefined)
    found.push({ kind: "relative drop", bound: test.value * (1 - relative), ofTest: 1 - relative });
  return found;
}

function givenWay(
  threshold: number,
  setting: string,
  drop: number,
  test: Measured | undefined,
): Bound | undefined {
  if (!test || test.interval[0] >= threshold) return undefined;
  const kind = "threshold" as const;
  // Reached, but not surely: the threshold stays, and what chance did to the test counts.
  if (test.value - drop >= threshold) return { kind, bound: threshold, ofTest: 1 };
  const bound = Math.max(0, test.value - drop);
  const reached = `${test.value.toFixed(4)} at its own test`;
  const reason = `the default threshold ${threshold} gives way: the model reached ${reached}; ${setting} sets one by hand`;
  return { kind, bound, ofTest: 1, reason };
}
