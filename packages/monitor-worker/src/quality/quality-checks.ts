import type { CheckStatus, QualityCheck } from "@colaml/shared/contracts/monitor";
import { namedClasses } from "@colaml/shared/learning/model/named-classes";
import { QUALITY_METRICS, type QualityMetric } from "@colaml/shared/metrics/metric-table";
import { normalQuantile, Z_95 } from "../statistics/normal";
import type { RealisedQuality } from "./label-tally";
import { type Measured, measureRealised, measureTest, type TestQuality } from "./measured-metric";
import { type Bound, boundsOf, type QualityLimits } from "./quality-bounds";

/** What quality is held against, and how sure a failure has to be. */
export interface QualityBounds extends QualityLimits {
  classes: readonly string[];
  /** Classes whose recall is checked by itself. */
  namedClasses: readonly string[];
  /** Fewer rows than this give no verdict. */
  minRows: number;
  /** Bound of the chance that rows like the training's fail any of the checks. */
  falseAlarmRate: number;
  /** From the model's profile. */
  test?: TestQuality;
}

interface Subject {
  metric: QualityMetric;
  className?: string;
}

/**
 * Each metric against each of its bounds, one-sided: better never fails. A check fails if its whole 95% interval lies
 * below the bound, and if chance is excluded over all checks together: that the value lies below the training's test
 * metric (a threshold that was set by hand: below the threshold) is sure at the false alarm rate over the number of
 * metrics (Bonferroni; of several bounds of one metric only the highest matters). So of windows like the training's
 * fewer than that rate fail anything, whatever their size. A check whose value lies below its bound and that does not
 * fail is a warning.
 */
export function checkQuality(quality: RealisedQuality, bounds: QualityBounds): QualityCheck[] {
  const subjects: Subject[] = [
    ...QUALITY_METRICS.map((metric) => ({ metric })),
    ...bounds.namedClasses.map((className) => ({ metric: "recall_score" as const, className })),
  ];
  const usual = evidenceAt(Z_95, quality, bounds);
  const strict = evidenceAt(-normalQuantile(bounds.falseAlarmRate / subjects.length), quality, bounds);
  return subjects.flatMap(({ metric, className }) => {
    const index = className === undefined ? undefined : bounds.classes.indexOf(className);
    const known = index !== -1;
    const [ofUsual, ofStrict] = [usual, strict].map((of) => (known ? of(metric, index) : {}));
    const absent = known ? reasonOf(quality, metric, className) : unknownClass(className!, bounds.classes);
    return boundsOf(metric, className, bounds, ofStrict!.test).map((bound) => ({
      metric,
      ...(className === undefined ? {} : { class: className }),
      ...judged(ofUsual!, ofStrict!, bound, { absent, minRows: bounds.minRows }),
    }));
  });
}

/** A metric now and at the training's test, with intervals of one level. */
interface Evidence {
  now?: Measured | undefined;
  test?: Measured | undefined;
}

function evidenceAt(z: number, quality: RealisedQuality, { test }: QualityBounds) {
  const realised = measureRealised(quality, z);
  const trained = test && measureTest(test, z);
  return (metric: QualityMetric, index?: number): Evidence => ({
    now: realised(metric, index),
    test: trained?.(metric, index),
  });
}

function judged(
  usual: Evidence,
  strict: Evidence,
  { kind, bound, ofTest, reason }: Bound,
  { absent, minRows }: { absent: string; minRows: number },
): Omit<QualityCheck, "metric" | "class"> {
  const { now } = usual;
  const base = { kind, bound, n: now?.n ?? 0, sure: false, ...(reason ? { reason } : {}) };
  if (!now) return { ...base, status: "no verdict", reason: absent };
  const interval = intervalOf(usual, ofTest);
  const known = { ...base, value: now.value, interval };
  const few = tooFew(now, ofTest > 0 ? usual.test : undefined, minRows);
  if (few) return { ...known, status: "no verdict", reason: few };
  if (now.value >= bound) return { ...known, status: "pass" };
  const fallen = intervalOf(strict, ofTest > 0 ? 1 : 0)[1] < (ofTest > 0 ? usual.test!.value : bound);
  const sure = interval[1] < bound && fallen;
  return { ...known, status: sure ? "fail" : "warn", sure };
}

/** A test of few rows says as little as a window of few. */
function tooFew(now: Measured, test: Measured | undefined, minRows: number): string | undefined {
  if (now.n < minRows) return `only ${now.n} rows speak for it, a verdict needs ${minRows}`;
  if (!test || test.n >= minRows) return undefined;
  return `only ${test.n} rows of the training's test speak for it, a verdict needs ${minRows}`;
}

/** The interval of the value, with that of the test metric if the bound comes from it. */
function intervalOf({ now, test }: Evidence, ofTest: number): [number, number] {
  return test && ofTest > 0 ? widened(now!, test, ofTest) : now!.interval;
}

/**
 * The interval with what chance may have moved the training's test metric by: the two are independent, so their
 * distances add up as squares (Newcombe's hybrid score interval of a difference, 1998).
 */
function widened(now: Measured, trained: Measured, ofTest: number): [number, number] {
  const below = Math.hypot(now.value - now.interval[0], ofTest * (trained.interval[1] - trained.value));
  const above = Math.hypot(now.interval[1] - now.value, ofTest * (trained.value - trained.interval[0]));
  return [Math.max(0, now.value - below), Math.min(1, now.value + above)];
}

function reasonOf(quality: RealisedQuality, metric: QualityMetric, className: string | undefined): string {
  if (className === undefined || quality.n === 0) return quality.metrics.absent?.[metric] ?? "not computed";
  return `no labelled row is ${JSON.stringify(className)}`;
}

function unknownClass(name: string, classes: readonly string[]): string {
  return `the model has no class ${JSON.stringify(name)}; its classes: ${namedClasses(classes)}`;
}

const ORDER: readonly CheckStatus[] = ["fail", "warn", "pass", "no verdict"];

/** The verdict of all checks: the worst status among them; with none that is known, no verdict. */
export function verdictOf(checks: readonly QualityCheck[]): CheckStatus {
  return ORDER.find((status) => checks.some((check) => check.status === status)) ?? "no verdict";
}
