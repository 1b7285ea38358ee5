import type { TrainJob } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** What the failure of a trial says that the time limit of its search ended. */
export const TIME_IS_OVER = "the time of the search is over";

/**
 * Does the work of a trial until the time of its search is over.
 *
 * @param signal aborted when the work must end for another reason
 * @throws ColaError TRAINING_FAILED when the time is over; what `work` throws
 */
export async function untilTimeIsOver<T>(
  { trial }: Pick<TrainJob, "trial">,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const until = trial?.until;
  if (until === undefined) return work(signal);
  const over = () => new ColaError("TRAINING_FAILED", `${TIME_IS_OVER}, the trial was ended`);
  const left = until - Date.now();
  if (left <= 0) throw over();
  const limit = AbortSignal.timeout(left);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (limit.aborted && !signal.aborted) throw over();
    throw error;
  }
}
