import { CATALOGUE } from "@colaml/shared/contracts/catalogue";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { TuneJob } from "@colaml/shared/contracts/tune";
import { ColaError, type ErrorCode, messageOf } from "@colaml/shared/errors/cola-error";
import { meaningOf } from "@colaml/shared/errors/error-table";
import { cancelRequested } from "@colaml/shared/queue/cancel";
import { addJob, type OpenQueue } from "@colaml/shared/queue/connection";
import { withdrawTrials } from "@colaml/shared/queue/withdraw-trials";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import { TIME_IS_OVER } from "../train/trial-time";
import type { OutcomeOf, PlannedTrial } from "./plan-trials";
import { trainJobOf, trialFields, trialJobId } from "./trial-jobs";

/** Tries of a trial whose worker died or whose services were away. */
const TRIAL_ATTEMPTS = 3;
/** Jobs that a trial gets besides its first, if the one before failed for what has nothing to do with its settings. */
const MAX_AGAIN = 3;

/** The run that trials are children of, and when they end at the latest. */
export interface TrialRun {
  /** How often a person had the search retried after all its trials had failed so: each time they get other jobs. */
  trialsAgain: number;
  parentRunId: string;
  /** Milliseconds since 1970; undefined if there is no limit. */
  until: number | undefined;
}

/**
 * Puts the trials that have not ended on the `train` queue as children of this job, for any number of trainer workers,
 * and leaves; the job comes back when all of them have ended. Going through it again adds nothing twice: a trial's
 * job id is fixed. A trial that fails for good does not hold its parent up.
 *
 * @returns only when every trial has ended
 * @throws what parks the job without a lock (`isMove`)
 */
export async function awaitTrials(
  job: TuneJob,
  trials: readonly PlannedTrial[],
  { parentRunId, until, trialsAgain }: TrialRun,
  trainQueue: OpenQueue<TrainJob, TrainResult>,
  context: JobContext,
): Promise<void> {
  const { parent } = context.children;
  const ended = await context.children.ended();
  const { failures } = await context.children.outcomes<TrainResult>();
  for (const trial of trials) {
    const jobId = lastJobId(context.jobId, trial.number, failures, trialsAgain);
    // One that failed and is added again would be waited for, and never run.
    if (ended.has(jobId)) continue;
    context.signal.throwIfAborted();
    const payload = trainJobOf(job, trial.settings, trialFields(trial, parentRunId, until));
    await addJob(trainQueue, "trial", payload, {
      jobId,
      parent,
      ignoreDependencyOnFailure: true,
      attempts: TRIAL_ATTEMPTS,
    });
  }
  await context.progress({ stage: "trials", done: ended.size, total: job.trials, unit: "trials" });
  // A cancellation is noted before trials are listed: whoever did not see it here has every trial withdrawn.
  await throwIfCancelled(trainQueue, context);
  await context.children.wait();
}

/** @throws ColaError JOB_CANCELLED */
async function throwIfCancelled(
  { connection, redis }: OpenQueue<TrainJob, TrainResult>,
  { jobId }: JobContext,
): Promise<void> {
  const asked = await cancelRequested(connection, redis.prefix, CATALOGUE.tune.name, [jobId]);
  if (asked.length > 0) throw new ColaError("JOB_CANCELLED", `job ${jobId} was cancelled`);
}

/** Ends the trials of a tuning job that ends before them; what cannot be reached now is in the log. */
export async function endTrials(
  { queue, connection, redis }: OpenQueue<TrainJob, TrainResult>,
  { children, logger }: JobContext,
): Promise<void> {
  try {
    const where = { queue, connection, prefix: redis.prefix };
    const { withdrawn, ending } = await withdrawTrials(await children.unfinished(), where);
    if (withdrawn + ending > 0) logger.info("trials ended with their tuning job", { withdrawn, ending });
  } catch (error) {
    logger.warn(`the trials could not be withdrawn: ${messageOf(error)}`);
  }
}

/** What a trial chose on the validation rows: as numbers they give the same model. */
const foundBy = ({ reg_lambda, iterations }: NonNullable<TrainResult["chosen"]>) => ({
  reg_lambda,
  iterations,
});

/**
 * The job that decides about a trial. One that failed because a service was away or a disk full says nothing of its
 * settings: another takes its place, as a failed job that is added again under its own id would never run.
 */
function lastJobId(
  tuneJobId: string,
  number: number,
  failures: ReadonlyMap<string, string>,
  trialsAgain: number,
): string {
  const most = MAX_AGAIN + trialsAgain * (1 + MAX_AGAIN);
  for (let again = 0; ; again++) {
    const id = trialJobId(tuneJobId, number, again);
    const reason = failures.get(id);
    if (reason === undefined || again === most) return id;
    if (!isOfSurroundings(parseFailedReason(reason).code)) return id;
  }
}

/** Whether a trial that failed so may succeed with the same settings: a service was away or refused, a disk was full. */
export function isOfSurroundings(code: ErrorCode): boolean {
  return meaningOf(code).mender === "service" || code === "OUTPUT_UNWRITABLE";
}

/** Reads how the trials ended that have ended. */
export async function readOutcomes(context: JobContext, trialsAgain: number): Promise<OutcomeOf> {
  const { results, failures } = await context.children.outcomes<TrainResult>();
  const ended = await context.children.ended();
  const fullRows = Math.max(0, ...[...results.values()].map(({ rows }) => rows.train));
  return ({ number, settings, onSample }) => {
    const id = lastJobId(context.jobId, number, failures, trialsAgain);
    const result = results.get(id);
    if (result) {
      const { runId, metrics, rows, chosen } = result;
      return {
        number,
        settings: { ...settings, ...(chosen && foundBy(chosen)) },
        runId,
        validation: metrics.validation,
        trainRows: rows.train,
        validationRows: rows.validation,
        // a sample of few rows is all of them
        ...(onSample && rows.train < fullRows ? { onSample } : {}),
      };
    }
    const reason = failures.get(id);
    if (reason === undefined && !ended.has(id)) return undefined;
    if (reason === undefined) return { number, settings, failed: "its job is gone from the queue" };
    const { message: failed, code: failedCode } = parseFailedReason(reason);
    const cut = failed.includes(TIME_IS_OVER) ? { cut: true as const } : {};
    return { number, settings, failed, failedCode, ...cut };
  };
}
