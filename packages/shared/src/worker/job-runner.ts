import { setMaxListeners } from "node:events";
import { type Job, WaitingError } from "bullmq";
import type { ZodType } from "zod";
import { ColaError, messageOf, toColaError } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { withDeadline } from "../queue/connection";
import type { JobStart, JobStarts } from "../queue/job-starts";
import { isFull, redisError } from "../queue/redis-errors";
import { RELEASE } from "../settings/installation";
import type { ColaConfig } from "../settings/schema";
import type { JobContext, Processor } from "./job-context";
import { isMove, parsePayload, toJobFailure } from "./job-errors";
import { type JobLog, openJobLog } from "./job-log";
import type { WorkerLifecycle } from "./lifecycle";
import { openContext } from "./open-context";
import type { JobOutcome } from "./worker-metrics";

export interface JobRunnerOptions<Payload, Result> {
  queue: string;
  schema: ZodType<Payload>;
  processor: Processor<Payload, Result>;
  config: ColaConfig;
  logger: Logger;
  lifecycle: WorkerLifecycle;
  /** Filled while a job runs, so that it can be aborted from outside: by job id. */
  running: Map<string, AbortController>;
  starts: JobStarts;
  /** Whether this process held its event loop since a time of `performance.now()`. */
  wasHeldSince: (start: number) => boolean;
  /** Workers that a job may end without progress. */
  maxDeaths: number;
  /** Jobs of the queue keep only warnings and errors in their log. */
  isQuiet: boolean;
  /** Puts away what earlier attempts left of a job that is not run again. */
  abandon?: (payload: Payload, context: JobContext, reason: ColaError) => Promise<void>;
}

/** Nobody waits longer than this for a note in Redis that a job is over. */
const NOTE_MS = 2_000;

/** Another worker holds the job now: what is done here no longer counts. */
export class LockLost extends Error {
  constructor(jobId: string) {
    super(`the lock of job ${jobId} was lost, another worker has it`);
  }
}

/** The process stops and the time to finish is over. */
class StopReached extends Error {
  constructor() {
    super("the worker stops");
  }
}

/** What one attempt at a job works with. */
interface Attempt {
  job: Job;
  token: string | undefined;
  /** What it says above debug stands in the job's log, too. */
  logger: Logger;
  log: JobLog;
  abort: AbortController;
  /** Of `performance.now()`. */
  startedAt: number;
  /** Absent until it is written down. */
  start: JobStart | undefined;
}

/** What BullMQ calls for each job: resolves with the result, or rejects with what decides about trying again. */
export function createJobRunner<Payload, Result>(options: JobRunnerOptions<Payload, Result>) {
  return async (job: Job, token: string | undefined): Promise<Result> => {
    const jobId = job.id ?? "";
    const log = openJobLog(job, options.logger.child({ jobId }), options.isQuiet);
    const { logger } = log;
    const abort = new AbortController();
    // A batch that is resumed waits for many chunks at once, each of which listens.
    setMaxListeners(0, abort.signal);
    options.running.set(jobId, abort);
    options.lifecycle.metrics.jobStarted(options.queue);
    const startedAt = performance.now();
    const attempt: Attempt = { job, token, logger, log, abort, startedAt, start: undefined };
    let outcome: JobOutcome = "completed";
    try {
      const result = await untilGivenUp(options, attempt);
      log.done((performance.now() - startedAt) / 1000);
      await noteEnd(options, attempt, outcome);
      return result;
    } catch (error) {
      const failure = await settle(options, attempt, error);
      outcome = failure.outcome;
      throw failure.error;
    } finally {
      options.running.delete(jobId);
      options.lifecycle.metrics.jobEnded(options.queue, outcome, (performance.now() - startedAt) / 1000);
    }
  };
}

/** A processor that does not listen is left behind when the time to stop is over. */
async function untilGivenUp<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  attempt: Attempt,
): Promise<Result> {
  const { abort } = attempt;
  const { graceful } = options.lifecycle;
  const onHandBack = () => abort.abort(new StopReached());
  if (graceful.handBack.aborted) onHandBack();
  graceful.handBack.addEventListener("abort", onHandBack, { once: true });
  let onGiveUp = () => {};
  const late = new Promise<never>((_, reject) => {
    onGiveUp = () => reject(new StopReached());
  });
  graceful.giveUp.addEventListener("abort", onGiveUp, { once: true });
  try {
    return await Promise.race([run(options, attempt), late]);
  } finally {
    graceful.handBack.removeEventListener("abort", onHandBack);
    graceful.giveUp.removeEventListener("abort", onGiveUp);
  }
}

/** Runs the processor, unless somebody cancelled the job or it ended too many workers. */
async function run<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  attempt: Attempt,
): Promise<Result> {
  const { job, logger, abort } = attempt;
  const payload = parsePayload(options.schema, job.data);
  const start = await options.starts.begin(job.id ?? "", attempt.token ?? "");
  if (start === undefined) throw new LockLost(job.id ?? "");
  attempt.start = start;
  attempt.log.started(job.attemptsMade + 1, job.opts.attempts ?? 1);
  abort.signal.throwIfAborted();
  const context = openContext({
    ...attempt,
    start,
    signal: abort.signal,
    stopping: options.lifecycle.graceful.stopping,
    handBack: () => Promise.reject(new StopReached()),
  });
  const refusal = refusalOf(options, job, start);
  if (refusal) {
    abort.abort(refusal);
    if (job.attemptsStarted > 1) await abandon(options, payload, context, refusal);
    throw refusal;
  }
  const { deaths } = start;
  if (deaths > 0)
    logger.warn(`${options.queue}: taken up again, workers lost with it: ${deaths}`, { deaths });
  logger.debug(`${options.queue} job started`, { attempt: context.attempt });
  const result = await options.processor(payload, context);
  logger.debug(`${options.queue} job done`);
  return withRelease(result);
}

/** A result with the release that made it (`MadeBy`). */
const withRelease = <Result>(result: Result): Result =>
  typeof result === "object" && result !== null && !Array.isArray(result)
    ? { ...result, release: RELEASE }
    : result;

/** Why a job is not run, if it is not. */
function refusalOf<Payload, Result>(
  { queue, maxDeaths }: JobRunnerOptions<Payload, Result>,
  job: Job,
  { isCancelled, deaths }: JobStart,
): ColaError | undefined {
  if (isCancelled) return cancelled(job.id ?? "");
  if (deaths < maxDeaths) return undefined;
  return new ColaError(
    "JOB_FAILED",
    `${queue} job ${job.id} ended ${deaths} workers (killed, out of memory, or too busy to renew its lock), and is ` +
      `not given to another: look at its input and at the workers' memory; \`cola jobs retry ${job.id}\` tries again`,
    { details: { deaths } },
  );
}

/** The reason that a cancelled job ends with. */
export function cancelled(jobId: string): ColaError {
  return new ColaError("JOB_CANCELLED", `job ${jobId} was cancelled`);
}

async function abandon<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  payload: Payload,
  context: JobContext,
  reason: ColaError,
): Promise<void> {
  try {
    await options.abandon?.(payload, context, reason);
  } catch (error) {
    context.logger.warn(`what the job left could not be removed: ${messageOf(error)}`);
  }
}

/** Notes that the attempt is over: what is not noted counts as a death. */
async function noteEnd<Payload, Result>(
  { wasHeldSince, config }: JobRunnerOptions<Payload, Result>,
  { start, startedAt, logger }: Attempt,
  outcome: JobOutcome,
): Promise<void> {
  if (start === undefined) return;
  const held = wasHeldSince(startedAt);
  const leaves = outcome === "moved" || outcome === "handed_back" || (outcome === "lost" && !held);
  if (outcome === "lost" && held)
    logger.warn("the event loop was blocked until the lock ran out: it counts as a lost worker");
  const ended = outcome === "completed" || outcome === "failed";
  const noted = leaves ? start.left() : start.ended(ended, held);
  await withDeadline(noted, NOTE_MS, config.redis).catch((error: unknown) => {
    logger.debug(`the end of the attempt was not noted: ${messageOf(error)}`);
  });
}

/** Decides what a rejected attempt means: handed back, moved, lost, cancelled, or failed. */
async function settle<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  attempt: Attempt,
  error: unknown,
): Promise<{ error: unknown; outcome: JobOutcome }> {
  const { job, token, logger, abort } = attempt;
  const settled = (outcome: JobOutcome) => noteEnd(options, attempt, outcome);
  if (isMove(error)) {
    await settled("moved");
    return { error, outcome: "moved" };
  }
  const reason: unknown = abort.signal.aborted ? abort.signal.reason : error;
  if (reason instanceof LockLost) {
    logger.warn(`${options.queue}: lock lost, stopping here: another worker has the job`);
    await settled("lost");
    return { error: toJobFailure(new ColaError("INTERNAL", reason.message)), outcome: "lost" };
  }
  if (reason instanceof StopReached || error instanceof StopReached) {
    // Not waited for: the process may close its connection as soon as the job is handed back.
    void settled("handed_back");
    return { error: await handBack(job, token, logger), outcome: "handed_back" };
  }
  const cause =
    reason instanceof ColaError && reason.code === "JOB_CANCELLED" ? reason : causeOf(error, options);
  const tries = job.opts.attempts ?? 1;
  const again = cause.retryable && job.attemptsMade + 1 < tries;
  const facts = { code: cause.code, attempt: job.attemptsMade + 1, attempts: tries };
  if (again) logger.warn(`${options.queue} job failed, it is retried: ${cause.message}`, facts);
  else logger.error(`${options.queue} job failed: ${cause.message}`, facts);
  if (cause.code === "INTERNAL") logger.debug(`stack: ${(error as Error | undefined)?.stack ?? "none"}`);
  await settled(again ? "retried" : "failed");
  return { error: toJobFailure(cause), outcome: again ? "retried" : "failed" };
}

/** A processor may meet a full Redis in a command of its own. */
function causeOf<Payload, Result>(error: unknown, { config }: JobRunnerOptions<Payload, Result>): ColaError {
  return isFull(error) ? redisError(error, config.redis) : toColaError(error);
}

/** Back to the queue in milliseconds, without an attempt or a stall being counted. */
async function handBack(job: Job, token: string | undefined, logger: Logger): Promise<Error> {
  try {
    await job.moveToWait(token);
    logger.info("job handed back: another worker takes it up");
  } catch (error) {
    logger.warn(`job could not be handed back, it is taken up when its lock runs out: ${messageOf(error)}`);
  }
  return new WaitingError();
}
