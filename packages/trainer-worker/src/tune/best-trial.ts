import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";

/** Metrics of which less is better. */
const LOWER_IS_BETTER: ReadonlySet<TuneJob["metric"]> = new Set(["log_loss"]);

/**
 * The trial with the best validation metric, the first of equals; undefined if none has it.
 *
 * @param outcomes in the order of their numbers
 */
export function bestTrial(
  outcomes: readonly TrialOutcome[],
  metric: TuneJob["metric"],
): TrialOutcome | undefined {
  const sign = LOWER_IS_BETTER.has(metric) ? -1 : 1;
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
