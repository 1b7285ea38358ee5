import { type Job, WaitingError } from "bullmq";
import type { ZodType } from "zod";
import type { ColaConfig } from "../config/schema";
import { ColaError, messageOf, toColaError } from "../errors/cola-error";
import { isFull, redisError } from "../jobs/redis-errors";
import type { Logger } from "../logging/logger";
import type { JobContext, Processor } from "./job-context";
import { isMove, parsePayload, toJobFailure } from "./job-errors";
import type { WorkerLifecycle } from "./lifecycle";
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
}

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

/** What BullMQ calls for each job: resolves with the result, or rejects with what decides about trying again. */
export function createJobRunner<Payload, Result>(options: JobRunnerOptions<Payload, Result>) {
  return async (job: Job, token: string | undefined): Promise<Result> => {
    const jobId = job.id ?? "";
    const logger = options.logger.child({ jobId });
    const abort = new AbortController();
    options.running.set(jobId, abort);
    options.lifecycle.metrics.jobStarted(options.queue);
    const started = performance.now();
    let outcome: JobOutcome = "completed";
    try {
      return await attempt(options, job, token, logger, abort);
    } catch (error) {
      const failure = await settle(options, job, token, logger, abort.signal, error);
      outcome = failure.outcome;
      throw failure.error;
    } finally {
      options.running.delete(jobId);
      options.lifecycle.metrics.jobEnded(options.queue, outcome, (performance.now() - started) / 1000);
    }
  };
}

async function attempt<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  job: Job,
  token: string | undefined,
  logger: Logger,
  abort: AbortController,
): Promise<Result> {
  const payload = parsePayload(options.schema, job.data);
  const { graceful } = options.lifecycle;
  const onHandBack = () => abort.abort(new StopReached());
  if (graceful.handBack.aborted) onHandBack();
  graceful.handBack.addEventListener("abort", onHandBack, { once: true });
  const context = contextOf(job, token, logger, abort.signal, graceful.stopping);
  logger.debug(`${options.queue} job started`, { attempt: context.attempt });
  let onGiveUp = () => {};
  const late = new Promise<never>((_, reject) => {
    onGiveUp = () => reject(new StopReached());
  });
  graceful.giveUp.addEventListener("abort", onGiveUp, { once: true });
  try {
    // A processor that does not listen is left behind when the time is over.
    const result = await Promise.race([options.processor(payload, context), late]);
    logger.debug(`${options.queue} job done`);
    return result;
  } finally {
    graceful.handBack.removeEventListener("abort", onHandBack);
    graceful.giveUp.removeEventListener("abort", onGiveUp);
  }
}

function contextOf(
  job: Job,
  token: string | undefined,
  logger: Logger,
  signal: AbortSignal,
  stopping: AbortSignal,
): JobContext {
  return {
    jobId: job.id ?? "",
    attempt: job.attemptsMade + 1,
    signal,
    stopping,
    logger,
    token,
    job,
    async progress(progress) {
      try {
        await job.updateProgress(progress);
      } catch (error) {
        logger.debug(`progress was not stored: ${messageOf(error)}`);
      }
    },
    handBack: () => Promise.reject(new StopReached()),
  };
}

/** Decides what a rejected attempt means: handed back, moved, lost, cancelled, or failed. */
async function settle<Payload, Result>(
  options: JobRunnerOptions<Payload, Result>,
  job: Job,
  token: string | undefined,
  logger: Logger,
  signal: AbortSignal,
  error: unknown,
): Promise<{ error: unknown; outcome: JobOutcome }> {
  if (isMove(error)) return { error, outcome: "moved" };
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (reason instanceof LockLost) {
    logger.warn(`${options.queue}: lock lost, stopping here: another worker has the job`);
    return { error: toJobFailure(new ColaError("INTERNAL", reason.message)), outcome: "lost" };
  }
  if (reason instanceof StopReached || error instanceof StopReached) {
    return { error: await handBack(job, token, logger), outcome: "handed_back" };
  }
  const cause =
    reason instanceof ColaError && reason.code === "JOB_CANCELLED" ? reason : causeOf(error, options);
  const tries = job.opts.attempts ?? 1;
  const again = cause.retryable && job.attemptsMade + 1 < tries;
  const facts = { code: cause.code, attempt: job.attemptsMade + 1, attempts: tries };
  if (again) logger.warn(`${options.queue} job failed, it is tried again: ${cause.message}`, facts);
  else logger.error(`${options.queue} job failed: ${cause.message}`, facts);
  if (cause.code === "INTERNAL") logger.debug(`stack: ${(error as Error | undefined)?.stack ?? "none"}`);
  return { error: toJobFailure(cause), outcome: again ? "retried" : "failed" };
}

/** A processor may meet a full Redis in a command of its own. */
function causeOf<Payload, Result>(error: unknown, { config }: JobRunnerOptions<Payload, Result>): ColaError {
  return isFull(error) ? redisError(error, config.redis.url) : toColaError(error);
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
