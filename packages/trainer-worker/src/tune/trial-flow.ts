import { addJob, type OpenQueue } from "@colaml/shared/jobs/connection";
import type { TrainJob, TrainResult } from "@colaml/shared/jobs/train";
import type { TrialOutcome, TrialSettings, TuneJob } from "@colaml/shared/jobs/tune";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import { WaitingChildrenError } from "bullmq";
import { trainJobOf, trialJobId } from "./trial-jobs";

/** Tries of a trial whose worker died or whose services were away. */
const TRIAL_ATTEMPTS = 3;

/**
 * Puts the trials on the `train` queue as children of this job, for any number of trainer workers, and leaves; the
 * job comes back when all of them have ended. Going through it again adds nothing twice: a trial's job id is fixed.
 * A trial that fails for good does not hold its parent up.
 *
 * @returns only when every trial has ended
 * @throws WaitingChildrenError by which BullMQ parks the job without a lock
 */
export async function awaitTrials(
  job: TuneJob,
  trials: readonly TrialSettings[],
  parentRunId: string,
  trainQueue: OpenQueue<TrainJob, TrainResult>,
  context: JobContext,
): Promise<void> {
  const parent = { id: context.jobId, queue: context.job.queueQualifiedName };
  const { processed = 0, ignored = 0 } = await context.job.getDependenciesCount();
  if (processed + ignored < trials.length) {
    for (const [number, settings] of trials.entries()) {
      await addJob(trainQueue, "trial", trainJobOf(job, settings, { parentRunId, number }), {
        jobId: trialJobId(context.jobId, number),
        parent,
        ignoreDependencyOnFailure: true,
        attempts: TRIAL_ATTEMPTS,
      });
    }
    await context.progress({
      stage: "trials",
      done: processed + ignored,
      total: trials.length,
      unit: "trials",
    });
  }
  const waiting = await context.job.moveToWaitingChildren(context.token ?? "");
  if (waiting) throw new WaitingChildrenError();
}

/** How every trial ended, by number. */
export async function trialOutcomes(
  trials: readonly TrialSettings[],
  context: JobContext,
): Promise<TrialOutcome[]> {
  const values = await context.job.getChildrenValues<TrainResult>();
  const failures = await context.job.getIgnoredChildrenFailures();
  const byId = <T>(children: Record<string, T>) =>
    new Map(Object.entries(children).map(([key, value]) => [key.slice(key.lastIndexOf(":") + 1), value]));
  const [results, reasons] = [byId(values), byId(failures)];
  return trials.map((settings, number) => {
    const id = trialJobId(context.jobId, number);
    const result = results.get(id);
    if (result) return { number, settings, runId: result.runId, validation: result.metrics.validation };
    const reason = reasons.get(id);
    const failed =
      reason === undefined ? "its job is gone from the queue" : parseFailedReason(reason).message;
    return { number, settings, failed };
  });
}
