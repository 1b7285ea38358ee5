import type { JobProgress } from "@colaml/shared/contracts/progress";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import { BoostingTime } from "./boosting-time";
import type { FitHooks, FitInput } from "./fitted-model";

/** Shows the rounds of a boosting, with the time that is left, and refuses one that takes too long. */
export interface BoostingRounds {
  show: (done: number, of: number) => void;
  onIteration: (iteration: BoostIteration) => void;
}

/** Starts the stage of boosting. */
export function boostingRounds({ job, plan }: FitInput, { progress, onIteration }: FitHooks): BoostingRounds {
  const { iterations } = job.boosting;
  const time = new BoostingTime(job, plan.classes.length, () => performance.now());
  const show = (done: number, total: number) => {
    const message = time.after(done, total);
    const boosted: JobProgress = { stage: "boost", done, total, unit: "iterations" };
    progress(message === undefined ? boosted : { ...boosted, message });
  };
  progress({ stage: "boost", done: 0, total: iterations, unit: "iterations" });
  return {
    show,
    onIteration: (iteration) => {
      show(iteration.number, iterations);
      onIteration?.(iteration);
    },
  };
}
