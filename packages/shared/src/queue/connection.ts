import { type ConnectionOptions, type DefaultJobOptions, type Job, type JobsOptions, Queue } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { ColaError, messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { checkOutputBuffer } from "./output-buffer-limit";
import { loadingReason } from "./redis-client";
import { isRefusal, type RedisPlace, redisError, redisNamed, unreachable } from "./redis-errors";
import { REDIS_KEYS, redisKey } from "./redis-keys";
import { logRedisBack, logRedisError } from "./redis-log";
import { openRedis, type RedisSettings } from "./redis-options";
import { currentTracing } from "./tracing";

export type RedisConnection = Redis | Cluster;
export type { RedisSettings };

/** A person or an HTTP client waits this long at most for Redis. */
export const REDIS_DEADLINE_MS = 5_000;
/** The stream keeps whole results; consumers poll, so a short one does. */
const EVENTS_KEPT = 1_000;
/** Payloads are references or short texts; more is refused before it fills Redis. */
const MAX_PAYLOAD_BYTES = 8 * 1_048_576;

/** No Redis has a limit of answers below this. */
const SMALL_PAYLOAD_BYTES = 65_536;

/** A passing failure is retried after about 1, 2, 4 and 8 seconds. */
export const RETRIES = {
  attempts: 5,
  backoff: { type: "exponential", delay: 1_000, jitter: 0.3 },
} as const satisfies DefaultJobOptions;

/** How long a job is kept is up to the worker that ends it. */
const JOB_DEFAULTS = { ...RETRIES, sizeLimit: MAX_PAYLOAD_BYTES } as const satisfies DefaultJobOptions;

/**
 * Opens a connection; it connects by itself and keeps trying. Errors go to the log, one line in 30 seconds for all the
 * connections of a process.
 * Who opens it closes it with `closeRedis`.
 *
 * @throws ColaError CONFIG_INVALID without a URL, or with Sentinel and Cluster at once
 */
export function connectRedis(redis: RedisSettings, logger?: Logger): RedisConnection {
  const connection = openRedis(redis);
  connection.on("error", (error) => logger && logRedisError(logger, error, redis));
  connection.on("ready", () => logger && logRedisBack(logger, redis));
  return connection;
}

/** Ends a connection at once, whatever state it is in; may be called twice. */
export function closeRedis(connection: RedisConnection): void {
  connection.disconnect(false);
}

/**
 * Waits until Redis takes work: connected, allowed to write under the prefix and to run scripts, never evicting keys.
 *
 * @param deadlineMs Infinity for a worker, which keeps trying
 * @throws ColaError REDIS_UNREACHABLE after the deadline; REDIS_REFUSED (password, rights, eviction policy) and
 *   REDIS_FULL at once
 */
export async function checkRedis(
  connection: RedisConnection,
  redis: RedisSettings,
  deadlineMs = REDIS_DEADLINE_MS,
): Promise<void> {
  await untilReady(connection, redis, deadlineMs);
  const check = async () => {
    await probeWrite(connection, redis.prefix);
    await checkEviction(connection, redis);
  };
  try {
    await (Number.isFinite(deadlineMs) ? withDeadline(check(), deadlineMs, redis) : check());
  } catch (error) {
    throw redisError(error, redis);
  }
}

/** Writes a key that expires, by a script, as every BullMQ call does: a full Redis still answers PING. */
export async function probeWrite(connection: RedisConnection, prefix: string): Promise<void> {
  await connection.eval(
    "return redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])",
    1,
    redisKey(prefix, "probe", process.pid),
    REDIS_KEYS.probe.keptS,
  );
}

async function checkEviction(connection: RedisConnection, redis: RedisPlace): Promise<void> {
  const policy = /maxmemory_policy:(\S+)/.exec(String(await connection.info("memory")))?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new ColaError(
    "REDIS_REFUSED",
    `${redisNamed(redis)} evicts keys (maxmemory-policy ${policy}), so jobs would vanish: set maxmemory-policy noeviction`,
  );
}

/**
 * Resolves when the connection can send; rejects at a refusal or after the deadline with what went wrong last.
 *
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED
 */
export function untilReady(
  connection: RedisConnection,
  redis: RedisPlace,
  deadlineMs: number,
): Promise<void> {
  if (connection.status === "ready") return Promise.resolve();
  if (connection.status === "end") return Promise.reject(unreachable(redis, "the connection was closed"));
  return new Promise((resolve, reject) => {
    let last = "no answer";
    const timer = Number.isFinite(deadlineMs)
      ? setTimeout(() => settle(() => reject(unreachable(redis, last))), deadlineMs)
      : undefined;
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      connection.off("ready", onReady);
      connection.off("error", onError);
      connection.off("end", onEnd);
      finish();
    };
    const onReady = () => settle(resolve);
    const onEnd = () => settle(() => reject(unreachable(redis, last)));
    const onError = (error: unknown) => {
      const cause = (error as { lastNodeError?: Error }).lastNodeError ?? error;
      last = messageOf(cause) || last;
      if (isRefusal(cause)) settle(() => reject(redisError(cause, redis)));
    };
    connection.on("ready", onReady);
    connection.on("error", onError);
    connection.on("end", onEnd);
  });
}

/** The promise, or REDIS_UNREACHABLE when it takes longer: commands wait for ever while Redis is away. */
export async function withDeadline<T>(
  promise: Promise<T>,
  deadlineMs: number,
  redis: RedisPlace,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(unreachable(redis, loadingReason(redis) ?? `no answer in ${deadlineMs / 1000} s`));
    timer = setTimeout(giveUp, deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A queue together with the settings its calls need. `close` leaves the connection to its owner. */
export interface OpenQueue<Payload = unknown, Result = unknown> {
  readonly queue: Queue<Payload, Result, string, Payload, Result, string>;
  readonly connection: RedisConnection;
  readonly redis: RedisSettings;
  close(): Promise<void>;
}

/**
 * A queue by name on a connection that may serve many.
 *
 * @example
 * const connection = connectRedis(config.redis, logger);
 * await checkRedis(connection, config.redis);
 * const train = openQueue<TrainJobInput, TrainResult>("train", { connection, redis: config.redis, logger });
 * await addJob(train, "train", payload, { jobId: "my-id" });
 */
export function openQueue<Payload = unknown, Result = unknown>(
  name: string,
  options: { connection: RedisConnection; redis: RedisSettings; logger?: Logger },
): OpenQueue<Payload, Result> {
  const { connection, redis, logger } = options;
  const tracing = currentTracing();
  const queue = new Queue<Payload, Result, string, Payload, Result, string>(name, {
    ...(tracing && { telemetry: tracing.telemetry }),
    connection: connection as ConnectionOptions,
    prefix: redis.prefix,
    streams: { events: { maxLen: EVENTS_KEPT } },
    defaultJobOptions: JOB_DEFAULTS,
  });
  queue.on("error", (error) => logger && logRedisError(logger, error, redis));
  return { queue, connection, redis, close: () => queue.close() };
}

/**
 * Adds a job, with an answer within the deadline whatever state Redis is in. Nothing is sent before the connection
 * stands, so a job that was refused here does not appear later.
 *
 * @param options.jobId makes adding twice harmless: a job of that id that still exists stays as it is
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED (also for a payload that Redis would not hand out to a worker),
 *   REDIS_FULL; JOB_INVALID for a payload above 8 MiB
 */
export async function addJob<Payload, Result>(
  open: OpenQueue<Payload, Result>,
  name: string,
  payload: Payload,
  options: JobsOptions & { deadlineMs?: number } = {},
): Promise<Job<Payload, Result, string>> {
  const { deadlineMs = REDIS_DEADLINE_MS, ...jobOptions } = options;
  const { redis } = open;
  await untilReady(open.connection, redis, deadlineMs);
  try {
    const add = async () => {
      await checkHandedOut(open.connection, payload);
      return await open.queue.add(name, payload, jobOptions);
    };
    return await withDeadline(add(), deadlineMs, redis);
  } catch (error) {
    if (/exceeds the limit/.test(messageOf(error))) {
      throw new ColaError(
        "JOB_INVALID",
        `the payload of ${open.queue.name} job ${jobOptions.jobId ?? name} is larger than ${MAX_PAYLOAD_BYTES} bytes: put the texts in a file`,
        { cause: error },
      );
    }
    throw redisError(error, redis);
  }
}

/** A worker gets a payload within one answer: one that Redis does not hand out would be taken up again and again. */
async function checkHandedOut(connection: RedisConnection, payload: unknown): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(payload) ?? "");
  if (bytes <= SMALL_PAYLOAD_BYTES) return;
  await checkOutputBuffer(connection, bytes, "put the texts in a file", "the job's payload");
}
