import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { TrialOutcome, TuneJob, TuneResult } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import type { OpenQueue } from "@colaml/shared/queue/connection";
import { stopWordsFile } from "@colaml/shared/settings/stop-word-settings";
import type { JobContext, Processor } from "@colaml/shared/worker/job-context";
import { isMove } from "@colaml/shared/worker/job-errors";
import { type TrainDependencies, train } from "../train/processor";
import { bestTrial } from "./best-trial";
import { ParentRun } from "./parent-run";
import { awaitTrials, endTrials, trialOutcomes } from "./trial-flow";
import { trainJobOf, trialsOf } from "./trial-jobs";

export interface TuneDependencies extends TrainDependencies {
  /** Where the trials are put, for any trainer worker. */
  trainQueue: OpenQueue<TrainJob, TrainResult>;
}

/**
 * The logic of a `tune` job. It runs twice: first it puts the trials on the `train` queue and waits for them without
 * holding a lock; when they have ended it trains the best on validation once more, publishes it and puts it through
 * the champion check like any other. All runs are children of one parent run.
 *
 * @throws ColaError TRAINING_FAILED if no trial succeeded, with the first one's reason
 */
export function createTuneProcessor(dependencies: TuneDependencies): Processor<TuneJob, TuneResult> {
  return (job, context) => tune(job, context, dependencies);
}

async function tune(job: TuneJob, context: JobContext, dependencies: TuneDependencies): Promise<TuneResult> {
  const { mlflow, trainQueue, origin, checkPath } = dependencies;
  await checkPath?.(job.dataset.path);
  const stopWords = stopWordsFile(job.features.stop_words);
  if (stopWords !== undefined) await checkPath?.(stopWords);
  compileTokenPattern(job.features.token_pattern);
  await mlflow.ping();
  const jobKey = jobKeyOf(context.jobId, context.addedAt);
  const run = await ParentRun.open(mlflow, job, jobKey, origin);
  try {
    const trials = trialsOf(job);
    await awaitTrials(job, trials, run.runId, trainQueue, context);
    const outcomes = await trialOutcomes(trials, context);
    const best = bestOf(outcomes, job.metric);
    const result = await trainBest(job, best, run.runId, context, dependencies);
    await run.finish(outcomes, best);
    const failed = outcomes.filter((outcome) => outcome.failed !== undefined).length;
    const { runId: bestRunId, seconds: _seconds, ...ofBest } = result;
    return {
      runId: run.runId,
      trials: { finished: outcomes.length - failed, failed },
      best,
      bestRunId,
      ...ofBest,
      seconds: (Date.now() - context.addedAt) / 1000,
    };
  } catch (error) {
    const isCancelled = codeOf(context.signal.aborted ? context.signal.reason : error) === "JOB_CANCELLED";
    if (isCancelled) await endTrials(trainQueue, context);
    if (isCancelled || (!isMove(error) && !context.stopping.aborted))
      await run.fail(error, context.logger, isCancelled);
    throw error;
  }
}

const codeOf = (error: unknown) => (error instanceof ColaError ? error.code : undefined);

function bestOf(outcomes: readonly TrialOutcome[], metric: TuneJob["metric"]): TrialOutcome {
  const best = bestTrial(outcomes, metric);
  if (best) return best;
  const failed = outcomes.find((outcome) => outcome.failed !== undefined);
  const why = failed ? `the first failure: ${failed.failed}` : `none has a validation ${metric}`;
  throw new ColaError("TRAINING_FAILED", `no trial of ${outcomes.length} can be chosen, ${why}`);
}

/** What the last training of a tuning job goes by. */
export function bestJobId(tuneJobId: string): string {
  return `${tuneJobId}-best`;
}

/** Trained again rather than taken from the trial: a trial keeps no model, and the same input gives the same one. */
function trainBest(
  job: TuneJob,
  best: TrialOutcome,
  parentRunId: string,
  context: JobContext,
  dependencies: TuneDependencies,
): Promise<TrainResult> {
  const { jobId, addedAt, attempt, signal, logger, progress } = context;
  const { origin } = dependencies;
  return train(
    { ...trainJobOf(job, best.settings), runName: `best of ${job.trials} trials (trial ${best.number})` },
    { jobId: bestJobId(jobId), addedAt, attempt, signal, logger, progress },
    { ...dependencies, origin: { ...origin, parentRunId } },
  );
}
