import {
  QUALITY_METRICS,
  type QualityCheck,
  type QualityMetric,
  type QualityThresholds,
} from "@colaml/shared/jobs/monitor";
import type { ClassificationMetrics } from "@colaml/shared/jobs/train";
import type { RealisedQuality } from "./label-tally";

/** What quality is held against. */
export interface QualityBounds {
  thresholds: QualityThresholds;
  /** Allowed drop below the training's test metrics; absent: not checked. */
  drop: { absolute?: number; relative?: number };
  /** Fewer rows than this give no verdict. */
  minRows: number;
  /** The training's test metrics, from the model's profile. */
  reference?: ClassificationMetrics;
}

/**
 * Each metric against each of its bounds, one-sided: better never fails. A metric below its bound fails; `sure`
 * says whether its whole 95% interval lies below, so that chance cannot explain it.
 */
export function checkQuality(quality: RealisedQuality, bounds: QualityBounds): QualityCheck[] {
  return QUALITY_METRICS.flatMap((metric) =>
    boundsOf(metric, bounds).map(({ kind, bound }) => check(metric, kind, bound, quality, bounds.minRows)),
  );
}

function boundsOf(metric: QualityMetric, { thresholds, drop, reference }: QualityBounds) {
  const found: { kind: QualityCheck["kind"]; bound: number }[] = [];
  const threshold = thresholds[metric];
  if (threshold !== undefined) found.push({ kind: "threshold", bound: threshold });
  const trained = reference?.[metric];
  if (trained === undefined) return found;
  if (drop.absolute !== undefined) found.push({ kind: "absolute drop", bound: trained - drop.absolute });
  if (drop.relative !== undefined)
    found.push({ kind: "relative drop", bound: trained * (1 - drop.relative) });
  return found;
}

function check(
  metric: QualityMetric,
  kind: QualityCheck["kind"],
  bound: number,
  quality: RealisedQuality,
  minRows: number,
): QualityCheck {
  const value = quality.metrics[metric];
  const n = quality.support[metric] ?? 0;
  const base = { metric, kind, n, bound, sure: false };
  if (value === undefined) {
    const reason = quality.metrics.absent?.[metric] ?? "not computed";
    return { ...base, status: "no verdict", reason };
  }
  const interval = quality.intervals[metric];
  const known = { ...base, value, ...(interval ? { interval } : {}) };
  if (n < minRows) {
    const reason = `only ${n} rows speak for it, a verdict needs ${minRows}`;
    return { ...known, status: "no verdict", reason };
  }
  if (value >= bound) return { ...known, status: "pass" };
  return { ...known, status: "fail", sure: interval !== undefined && interval[1] < bound };
}

/** The verdict of all checks: one that fails decides; none that passes or fails gives no verdict. */
export function verdictOf(checks: readonly QualityCheck[]): QualityCheck["status"] {
  if (checks.some(({ status }) => status === "fail")) return "fail";
  return checks.some(({ status }) => status === "pass") ? "pass" : "no verdict";
}
