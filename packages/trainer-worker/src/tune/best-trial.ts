import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";
import { isLowerBetter } from "@colaml/shared/metrics/metric-table";

type Metric = TuneJob["metric"];

/** What a trial reached in the metric, such that more is better; undefined if it has none. */
export function scoreOf(outcome: TrialOutcome | undefined, metric: Metric): number | undefined {
  const value = outcome?.validation?.[metric];
  return value === undefined || !isLowerBetter(metric) ? value : -value;
}

/**
 * The trial with the best validation metric, the first of equals; undefined if none has it. One that saw a sample of
 * the rows only is not taken.
 *
 * @param outcomes in the order of their numbers
 */
export function bestTrial(outcomes: readonly TrialOutcome[], metric: Metric): TrialOutcome | undefined {
  let best: TrialOutcome | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const outcome of outcomes) {
    const value = scoreOf(outcome, metric);
    if (outcome.onSample || value === undefined || value <= highest) continue;
    best = outcome;
    highest = value;
  }
  return best;
}

/**
 * The standard error of a metric that is a share of rows, or near one: sqrt(p (1 - p) / n). The best of many
 * trials leads by about that much by chance: a smaller lead over the first one is none (the rule of one standard error,
 * Breiman et al. 1984, 3.4.3).
 *
 * @returns undefined if the metric is not between 0 and 1, or its rows are not known
 */
export function standardError(
  { validation, validationRows }: TrialOutcome,
  metric: Metric,
): number | undefined {
  const value = validation?.[metric];
  if (value === undefined || isLowerBetter(metric) || !validationRows) return undefined;
  return Math.sqrt((value * (1 - value)) / validationRows);
}

/** Whether the first trial, that of preset `best`, is kept: another leads by less than its standard error. */
export function isFirstAsGood(first: TrialOutcome, best: TrialOutcome, metric: Metric): boolean {
  const [own, highest] = [scoreOf(first, metric), scoreOf(best, metric)];
  const error = standardError(first, metric);
  return own !== undefined && highest !== undefined && error !== undefined && highest - own < error;
}
