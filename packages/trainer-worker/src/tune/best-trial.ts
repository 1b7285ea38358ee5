import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";
import { isLowerBetter } from "@colaml/shared/metrics/metric-table";

/**
 * The trial with the best validation metric, the first of equals; undefined if none has it.
 *
 * @param outcomes in the order of their numbers
 */
export function bestTrial(
  outcomes: readonly TrialOutcome[],
  metric: TuneJob["metric"],
): TrialOutcome | undefined {
  const sign = isLowerBetter(metric) ? -1 : 1;
  let best: TrialOutcome | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const outcome of outcomes) {
    const value = outcome.validation?.[metric];
    if (value === undefined || sign * value <= highest) continue;
    best = outcome;
    highest = sign * value;
  }
  return best;
}
