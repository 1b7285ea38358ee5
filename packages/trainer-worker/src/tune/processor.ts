import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { TrialOutcome, TuneJob, TuneResult } from "@colaml/shared/contracts/tune";
import { ColaError, messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import type { OpenQueue } from "@colaml/shared/queue/connection";
import { stopWordsFile } from "@colaml/shared/settings/stop-word-settings";
import type { JobContext, Processor } from "@colaml/shared/worker/job-context";
import { isMove } from "@colaml/shared/worker/job-errors";
import { type TrainDependencies, train } from "../train/processor";
import { bestTrial, isFirstAsGood, standardError } from "./best-trial";
import { familiesOf } from "./families";
import { ParentRun } from "./parent-run";
import { planTrials } from "./plan-trials";
import { awaitTrials, endTrials, isOfSurroundings, readOutcomes } from "./trial-flow";
import { trainJobOf } from "./trial-jobs";

const MS_PER_MINUTE = 60_000;

export interface TuneDependencies extends TrainDependencies {
  /** Where the trials are put, for any trainer worker. */
  trainQueue: OpenQueue<TrainJob, TrainResult>;
}

/**
 * The logic of a `tune` job. It runs once per round: it puts the trials of a round on the `train` queue and waits for them
 * without holding a lock; when the last round has ended it trains the best on validation once more, publishes it and
 * puts it through the champion check like any other. All runs are children of one parent run.
 *
 * @throws ColaError TRAINING_FAILED if no trial succeeded, with the first one's reason, or by what kept the trials from
 *   their work
 */
export function createTuneProcessor(dependencies: TuneDependencies): Processor<TuneJob, TuneResult> {
  return (job, context) => tune(job, context, dependencies);
}

async function tune(job: TuneJob, context: JobContext, dependencies: TuneDependencies): Promise<TuneResult> {
  const { mlflow, trainQueue, origin, runEnds, checkPath } = dependencies;
  await checkPath?.(job.dataset.path);
  const stopWords = stopWordsFile(job.features.stop_words);
  if (stopWords !== undefined) await checkPath?.(stopWords);
  compileTokenPattern(job.features.token_pattern);
  await mlflow.ping();
  const jobKey = jobKeyOf(context.jobId, context.addedAt);
  await runEnds.forget(jobKey);
  const run = await ParentRun.open(mlflow, job, jobKey, origin);
  try {
    const { outcomes, lines } = await search(job, run, trainQueue, context);
    const best = bestOf(outcomes, job) ?? (await noneCanBeChosen(outcomes, job, run));
    const result = await trainBest(job, best, run.runId, context, dependencies);
    const searched = [...lines, foundLine(outcomes, best, job)];
    await run.finish(outcomes, best, searched, result.runId);
    const { runId: bestRunId, seconds: _seconds, ...ofBest } = result;
    return {
      runId: run.runId,
      trials: countTrials(outcomes),
      search: searched,
      best,
      bestRunId,
      ...ofBest,
      seconds: (Date.now() - context.addedAt) / 1000,
    };
  } catch (error) {
    const isCancelled = codeOf(context.signal.aborted ? context.signal.reason : error) === "JOB_CANCELLED";
    if (isCancelled) await endTrials(trainQueue, context);
    if (isCancelled || (!isMove(error) && !context.stopping.aborted)) {
      const reason = isCancelled ? new ColaError("JOB_CANCELLED", messageOf(error)) : toColaError(error);
      await runEnds.end({ experiment: job.experiment, by: "job", id: jobKey }, reason);
    }
    throw error;
  }
}

/**
 * Plans trials by the outcomes so far and waits for them, until the plan is complete.
 * @throws what parks the job without a lock (`isMove`): it comes back here, and plans the same again
 */
async function search(
  job: TuneJob,
  run: ParentRun,
  trainQueue: TuneDependencies["trainQueue"],
  context: JobContext,
): Promise<{ outcomes: TrialOutcome[]; lines: string[] }> {
  const until = job.minutes === undefined ? undefined : run.startTime + job.minutes * MS_PER_MINUTE;
  for (;;) {
    const outcomeOf = await readOutcomes(context, run.trialsAgain);
    const isOver = until !== undefined && Date.now() >= until;
    const { trials, isComplete, lines } = planTrials(job, outcomeOf, isOver);
    if (isComplete) return { outcomes: trials.map((trial) => outcomeOf(trial)!), lines };
    const { runId: parentRunId, trialsAgain } = run;
    await awaitTrials(job, trials, { parentRunId, until, trialsAgain }, trainQueue, context);
  }
}

function countTrials(outcomes: readonly TrialOutcome[]): TuneResult["trials"] {
  const count = (is: (outcome: TrialOutcome) => boolean) => outcomes.filter(is).length;
  const cut = count((outcome) => outcome.cut === true);
  const onSample = count((outcome) => outcome.onSample === true);
  const failed = count((outcome) => outcome.failed !== undefined) - cut;
  return {
    finished: outcomes.length - failed - cut,
    failed,
    ...(onSample > 0 ? { onSample } : {}),
    ...(cut > 0 ? { cut } : {}),
  };
}

/** What the best trial gained over the first one, and whether that was enough. */
function foundLine(outcomes: readonly TrialOutcome[], kept: TrialOutcome, { metric }: TuneJob): string {
  const value = (outcome: TrialOutcome | undefined) => outcome?.validation?.[metric]?.toFixed(4) ?? "none";
  const highest = bestTrial(outcomes, metric) ?? kept;
  if (highest.number !== kept.number)
    return `trial ${highest.number} has the best validation ${metric}, ${value(highest)}, but leads the first trial (${value(kept)}) by less than the standard error of ${standardError(kept, metric)?.toFixed(4)}: the first is kept`;
  const against = kept.number === 0 ? "" : `, the first trial ${value(outcomes[0])}`;
  return `trial ${kept.number} is the best: validation ${metric} ${value(kept)}${against}`;
}

const codeOf = (error: unknown) => (error instanceof ColaError ? error.code : undefined);

/**
 * The best trial; in a search that begins with preset `best` that one, unless another leads by more than chance.
 * Undefined if none succeeded.
 */
function bestOf(outcomes: readonly TrialOutcome[], job: TuneJob): TrialOutcome | undefined {
  const { metric } = job;
  const best = bestTrial(outcomes, metric);
  const [first] = outcomes;
  const beginsWithBest = familiesOf(job)?.[0]?.booster === "gblinear";
  if (best && first && beginsWithBest && isFirstAsGood(first, best, metric)) return first;
  return best;
}

/**
 * @throws ColaError TRAINING_FAILED with the first trial's reason; or what trials failed of that has nothing to do with
 *   their settings, such as a full disk: such trials run again if the job is retried
 */
async function noneCanBeChosen(
  outcomes: readonly TrialOutcome[],
  { metric }: TuneJob,
  run: ParentRun,
): Promise<never> {
  const failures = outcomes.filter((outcome) => outcome.failed !== undefined);
  const ofSurroundings = failures.find(({ failedCode }) => failedCode && isOfSurroundings(failedCode));
  const failed = ofSurroundings ?? failures[0];
  const why = failed ? `the first failure: ${failed.failed}` : `none has a validation ${metric}`;
  if (ofSurroundings) await run.letTrialsRunAgain();
  const code = ofSurroundings?.failedCode ?? "TRAINING_FAILED";
  throw new ColaError(code, `no trial of ${outcomes.length} can be chosen, ${why}`);
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
