import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions, type Job, MetricsTime, type Worker } from "bullmq";
import type { ZodType } from "zod";
import { MAX_DEATHS } from "../contracts/catalogue";
import { ColaError } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { cancelRequested, clearCancel } from "../queue/cancel";
import { checkRedis, closeRedis, connectRedis, probeWrite, type RedisConnection } from "../queue/connection";
import { JobStarts } from "../queue/job-starts";
import { logRedisError } from "../queue/redis-log";
import { type EndedFacts, retentionOf, withUsualOptions } from "../queue/retention";
import { currentTracing } from "../queue/tracing";
import type { ColaConfig } from "../settings/schema";
import { openEndedJobs } from "./ended-jobs";
import { newWorkerName, startHeartbeat } from "./heartbeat";
import type { JobContext, Processor } from "./job-context";
import { parseFailedReason } from "./job-errors";
import { cancelled, createJobRunner, LockLost } from "./job-runner";
import { startLifecycle, type WorkerLifecycle } from "./lifecycle";
import { LoopWatch } from "./loop-watch";
import { RedisWatch } from "./redis-watch";
import { reportStalledJobs } from "./stalled-jobs";
import { watchTimes } from "./time-watch";
import { TolerantWorker } from "./tolerant-worker";

/** BullMQ counts over a job's whole life, whatever it achieved in between: `MAX_DEATHS` decides, this never does. */
const MAX_STALLED = 1_000;
/** How often a worker looks whether somebody cancelled what it runs. */
const CANCEL_POLL_MS = 1_000;
/** How often a worker that starts looks whether a full Redis has room. */
const FULL_POLL_MS = 500;

/** A queue as a worker runs it: an entry of the catalogue. */
export interface WorkedQueue<Payload, Result> {
  readonly name: string;
  /** Parses payloads at the door; what does not pass never reaches the processor. */
  readonly schema: ZodType<Payload>;
  /** Jobs at a time; default `worker.concurrency`. */
  readonly atATime?: number;
  /** Workers that a job may end without progress before it is failed; default `MAX_DEATHS`. */
  readonly maxDeaths?: number;
  /** `hidden`: made by other jobs, in numbers. */
  readonly shown?: "listed" | "found" | "hidden";
  /** What happens to jobs that have ended: as the catalogue has it. */
  readonly kept?: EndedFacts["kept"];
  readonly isPrivate?: EndedFacts["isPrivate"];
  /** Schedules may add its jobs. */
  readonly scheduled?: true;
  /** For the type of the result only. */
  readonly result?: Result;
}

export interface RunWorkerOptions<Payload, Result> {
  queue: WorkedQueue<Payload, Result>;
  processor: Processor<Payload, Result>;
  config: ColaConfig;
  logger: Logger;
  /**
   * Called in place of the processor for a job that was begun before and is not run again, because it was cancelled
   * (JOB_CANCELLED) or ended too many workers (JOB_FAILED): puts away what earlier attempts left. The context's signal
   * is aborted with the reason.
   */
  abandon?: (payload: Payload, context: JobContext, reason: ColaError) => Promise<void>;
  /** Shared by the workers of one process; without one, this worker makes its own and listens to signals. */
  lifecycle?: WorkerLifecycle;
}

export interface RunningWorker {
  readonly worker: Worker;
  readonly lifecycle: WorkerLifecycle;
  /** Stops this process's lifecycle: every worker of it. */
  stop(): Promise<void>;
}

/**
 * Works on a queue until it is stopped: parses, processes, and turns what is thrown into a retry or a final failure.
 * Waits for a Redis that is not there yet, and logs it every 30 seconds.
 *
 * @throws ColaError REDIS_REFUSED for a wrong password, missing rights or an eviction policy
 * @example
 * const lifecycle = await startLifecycle({ service: "predictor-worker", config, logger });
 * await runWorker({ queue: CATALOGUE.predict, processor: coordinate, config, logger, lifecycle });
 * await runWorker({ queue: CATALOGUE["predict-chunk"], processor: score, config, logger, lifecycle });
 */
export async function runWorker<Payload, Result>(
  options: RunWorkerOptions<Payload, Result>,
): Promise<RunningWorker> {
  const { config, logger } = options;
  const queue = options.queue.name;
  const lifecycle = options.lifecycle ?? (await startLifecycle({ service: queue, config, logger }));
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop(`Redis connection of ${queue}`, () => closeRedis(connection));
  // Before Redis is waited for: until it is there, the worker is not ready.
  lifecycle.addReadyCheck("redis", () => probeWrite(connection, config.redis.prefix));
  await untilUsable(connection, options, lifecycle);
  watchRedis(connection, config, lifecycle);
  const worker = openWorker(options, lifecycle, connection);
  return { worker, lifecycle, stop: () => lifecycle.stop() };
}

function watchRedis(connection: RedisConnection, config: ColaConfig, lifecycle: WorkerLifecycle): void {
  const { redisGoneS } = config.worker;
  if (redisGoneS === 0) return;
  const redis = RedisWatch.of(connection, config.redis.prefix);
  lifecycle.addLiveCheck(() => redis.goneS() < redisGoneS);
  lifecycle.graceful.onStop("watch of Redis", () => redis.stop());
}

/** A Redis that is away or full is waited for: a process that ends would only be started again. */
async function untilUsable(
  connection: RedisConnection,
  { config, logger }: Pick<RunWorkerOptions<unknown, unknown>, "config" | "logger">,
  lifecycle: WorkerLifecycle,
): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    lifecycle.graceful.stopping.addEventListener("abort", () => reject(lifecycle.graceful.stopping.reason));
  });
  for (;;) {
    try {
      await Promise.race([checkRedis(connection, config.redis, Number.POSITIVE_INFINITY), stopped]);
      return;
    } catch (error) {
      if (!(error instanceof ColaError) || error.code !== "REDIS_FULL") throw error;
      logRedisError(logger, error, config.redis);
      await Promise.race([delay(FULL_POLL_MS), stopped]);
    }
  }
}

function openWorker<Payload, Result>(
  options: RunWorkerOptions<Payload, Result>,
  lifecycle: WorkerLifecycle,
  connection: RedisConnection,
): Worker {
  const { config, logger } = options;
  const { name: queue, schema, atATime, maxDeaths } = options.queue;
  const running = new Map<string, AbortController>();
  const { prefix } = config.redis;
  const loop = new LoopWatch(config.worker.lockMs / 2);
  const runJob = createJobRunner({
    ...options,
    queue,
    schema,
    maxDeaths: maxDeaths ?? MAX_DEATHS,
    isQuiet: options.queue.shown === "hidden",
    lifecycle,
    running,
    starts: new JobStarts(connection, prefix, queue),
    wasHeldSince: (start) => loop.wasHeldSince(start),
  });
  const times = watchTimes(options.queue, { connection, redis: config.redis, logger });
  const cancels = watchCancels(connection, running, prefix, queue);
  const name = newWorkerName();
  const ended = openEndedJobs(options, connection);
  const run = async (job: Job, token?: string) =>
    ended.storeResult(job, await runJob(withUsualOptions(job, options.queue), token));
  const tracing = currentTracing();
  const worker: Worker = new TolerantWorker(queue, run, {
    ...(tracing && { telemetry: tracing.telemetry }),
    connection: connection as ConnectionOptions,
    name,
    prefix,
    concurrency: atATime ?? config.worker.concurrency,
    lockDuration: config.worker.lockMs,
    stalledInterval: config.worker.stalledMs,
    maxStalledCount: MAX_STALLED,
    // Jobs that ended per minute: the dashboard's charts are made of them.
    metrics: { maxDataPoints: MetricsTime.ONE_WEEK },
    ...retentionOf(config.worker.keptDays),
  });
  watch(worker, running, { config, logger });
  reportStalledJobs(worker, {
    connection,
    logger,
    onStalled: () => lifecycle.metrics.jobStalled(queue),
  });
  forgetCancels(worker, connection, prefix);
  ended.watch(worker);
  const heartbeat = startHeartbeat(connection, prefix, queue, name, lifecycle.health?.url);
  // Workers of one process close one after the other: until its turn comes, none takes a new job.
  lifecycle.graceful.stopping.addEventListener("abort", () => void worker.pause(true), { once: true });
  lifecycle.graceful.onStop(`worker of ${queue}`, async () => {
    await closeWorker(worker, lifecycle);
    await heartbeat.stop();
    await ended.close();
    cancels.stop();
    await times.stop();
    loop.stop();
  });
  logger.debug(`working on ${queue}`, { concurrency: worker.opts.concurrency });
  return worker;
}

function watch(
  worker: Worker,
  running: Map<string, AbortController>,
  { config, logger }: { config: ColaConfig; logger: Logger },
): void {
  worker.on("error", (error) => logRedisError(logger, error, config.redis));
  // A worker that was frozen resumes although another one has its job: it has to be stopped.
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const id of jobIds) running.get(id)?.abort(new LockLost(id));
  });
}

/** A request to cancel ends with its job, and not before: a retry, from wherever it comes, is a new wish. */
function forgetCancels(worker: Worker, connection: RedisConnection, prefix: string): void {
  worker.on("failed", (job) => {
    if (job?.id === undefined || parseFailedReason(job.failedReason ?? "").code !== "JOB_CANCELLED") return;
    // It goes away by itself, too.
    void clearCancel(connection, prefix, worker.name, job.id).catch(() => undefined);
  });
}

function watchCancels(
  connection: RedisConnection,
  running: Map<string, AbortController>,
  prefix: string,
  queue: string,
): { stop(): void } {
  let asking = false;
  const look = async () => {
    if (asking || running.size === 0) return;
    asking = true;
    try {
      for (const id of await cancelRequested(connection, prefix, queue, [...running.keys()])) {
        running.get(id)?.abort(cancelled(id));
      }
    } catch {
      // Redis is away: the connection logs it, and the next look comes in a second.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void look(), CANCEL_POLL_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** Takes nothing new and waits until every job is finished or handed back. */
async function closeWorker(worker: Worker, lifecycle: WorkerLifecycle): Promise<void> {
  const { giveUp } = lifecycle.graceful;
  const late = new Promise<void>((resolve) => {
    if (giveUp.aborted) resolve();
    giveUp.addEventListener("abort", () => resolve(), { once: true });
  });
  const closed = worker.close();
  await Promise.race([closed, late]);
}
