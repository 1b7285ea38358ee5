import type { JobProgress } from "@colaml/shared/contracts/progress";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { TuneJob } from "@colaml/shared/contracts/tune";
import { messageOf } from "@colaml/shared/errors/cola-error";
import type { OpenQueue } from "@colaml/shared/queue/connection";
import type { JobContext, Processor } from "@colaml/shared/worker/job-context";

/** A train processor that reports to the tuning job how many of its trials have ended, whenever one has. */
export function withTrialProgress(
  processor: Processor<TrainJob, TrainResult>,
  tuneQueue: OpenQueue,
): Processor<TrainJob, TrainResult> {
  return async (job, context) => {
    const result = await processor(job, context);
    if (job.trial) await tellParent(tuneQueue, context);
    return result;
  };
}

/** Only for those who watch: if it fails, the trial does not. */
async function tellParent(tuneQueue: OpenQueue, { parentId, logger }: JobContext): Promise<void> {
  try {
    const parent = parentId === undefined ? undefined : await tuneQueue.queue.getJob(parentId);
    if (!parent) return;
    const { processed = 0, unprocessed = 0, ignored = 0 } = await parent.getDependenciesCount();
    // Rounds add trials as results come: how many there are at most is what the job says.
    const planned = (parent.data as Partial<TuneJob>).trials ?? 0;
    const total = Math.max(planned, processed + unprocessed + ignored);
    // This trial is still counted as unprocessed.
    const done = Math.min(total, processed + ignored + 1);
    const progress: JobProgress = { stage: "trials", done, total, unit: "trials" };
    await parent.updateProgress(progress);
  } catch (error) {
    logger.debug(`the tuning job's progress was not updated: ${messageOf(error)}`);
  }
}
