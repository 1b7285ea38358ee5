import type { Job, JobsOptions, Queue } from "bullmq";
import { SCHEDULED_JOB_ID } from "../contracts/names";
import { RETRIES, type RedisConnection } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";
import { redisTimeMs } from "./redis-time";

const DAY_S = 86_400;
/** Texts of customers, and what was made of them, are kept this long after their job ended: time to fetch the answer. */
const PRIVATE_S = 45;
/** Clocks that keep time by NTP differ by less. */
export const SEEN_SKEW_MS = 5_000;
/** How often workers and the server look for what is to be forgotten: with the time above, within a minute. */
export const FORGET_EVERY_MS = 10_000;
/** Jobs of one schedule that are kept: they may come every second. */
const KEPT_OF_SCHEDULE = 200;
/** How often workers look how much memory the jobs that have ended take. */
export const MEASURE_EVERY_MS = 60_000;
const REMOVED_AT_ONCE = 1_000;

/** What is known of a queue's jobs that have ended. */
export interface EndedFacts {
  /**
   * `private`: they hold texts of customers, and are forgotten within a minute; `until removed`: whoever added them removes
   * them. Absent: they are kept by age.
   */
  readonly kept?: "private" | "until removed";
  /** Whether a job is private although its queue is not. */
  readonly isPrivate?: (payload: unknown) => boolean;
}

/**
 * What a worker does with jobs that have ended, by age only: how many others end does not matter. Private ones are forgotten
 * before (`forgetPrivate`): here the age counts by the worker's clock, and one that is ahead would remove unread answers.
 */
export function retentionOf(keptDays: number) {
  const keep = { age: keptDays * DAY_S };
  return { removeOnComplete: keep, removeOnFail: keep };
}

/**
 * Gives a job what its client left out or cannot know. A client that asks for no attempts gets the usual ones. What BullMQ
 * removes when a job ends is of the whole queue, so a client may only say that nothing of its own job is kept.
 */
export function withUsualOptions(job: Job, { kept }: EndedFacts): Job {
  const { attempts, backoff } = job.opts;
  if (!attempts) job.opts.attempts = RETRIES.attempts;
  if (!attempts || (attempts > 1 && backoff === undefined)) job.opts.backoff = backoff ?? RETRIES.backoff;
  if (kept === "until removed") return job;
  if (!keepsNone(job.opts.removeOnComplete)) delete job.opts.removeOnComplete;
  if (!keepsNone(job.opts.removeOnFail)) delete job.opts.removeOnFail;
  return job;
}

const keepsNone = (keep: JobsOptions["removeOnComplete"]) =>
  keep === true || keep === 0 || (typeof keep === "object" && keep.count === 0);

/** Where the jobs of a queue are, and what is known of them. */
export interface EndedQueue extends EndedFacts {
  queue: Queue;
  connection: RedisConnection;
  prefix: string;
}

/** Notes that a private job of a queue that is not private has begun: it is forgotten a minute after its end. */
export async function noteBegun(
  { queue, connection, prefix, isPrivate }: EndedQueue,
  job: Job,
): Promise<void> {
  if (job.id === undefined || !isPrivate?.(job.data)) return;
  const key = redisKey(prefix, "private", queue.name);
  await connection.zadd(key, (await redisTimeMs(connection)) + PRIVATE_S * 1_000, job.id);
  await connection.expire(key, REDIS_KEYS.private.keptS);
}

/**
 * Dates the end of a private job by Redis's clock, if this machine's is another: BullMQ dates it by this one's, and by it
 * the job would be forgotten before its answer is read, or long after.
 *
 * @param skewMs what this machine's clock is ahead of Redis's
 */
export async function dateEnd(
  { queue, connection, kept }: EndedQueue,
  job: Job,
  state: "completed" | "failed",
  skewMs: number,
): Promise<void> {
  if (kept !== "private" || Math.abs(skewMs) < SEEN_SKEW_MS) return;
  if (job.id === undefined || job.finishedOn === undefined) return;
  await connection.zadd(queue.toKey(state), "XX", job.finishedOn - skewMs, job.id);
}

/** Notes the end of a schedule's job, and removes those of the schedule that are too many. */
export async function noteEnded({ queue, connection, prefix }: EndedQueue, jobId: string): Promise<void> {
  const [, schedule] = SCHEDULED_JOB_ID.test(jobId) ? jobId.split(":") : [];
  if (schedule === undefined) return;
  const key = redisKey(prefix, "ended", queue.name, schedule);
  await connection.zadd(key, Date.now(), jobId);
  await connection.expire(key, REDIS_KEYS.ended.keptS);
  const tooMany = await connection.zrange(key, "0", String(-1 - KEPT_OF_SCHEDULE));
  for (const id of tooMany) {
    await queue.remove(id).catch(() => 0);
    await connection.del(redisKey(prefix, "result", queue.name, id));
    await connection.zrem(key, id);
  }
}

/**
 * Removes the private jobs that ended long enough ago, their results, and what was told of them to those who listen.
 *
 * @param now milliseconds since 1970; Redis's time if it is not given
 */
export async function forgetPrivate(ended: EndedQueue, now?: number): Promise<void> {
  const { queue, connection, kept, isPrivate } = ended;
  now ??= await redisTimeMs(connection);
  const before = now - PRIVATE_S * 1_000;
  if (kept === "private") {
    for (const state of ["completed", "failed"] as const) {
      // BullMQ counts it back from this machine's clock.
      const grace = Date.now() - before;
      while ((await queue.clean(grace, REMOVED_AT_ONCE, state)).length === REMOVED_AT_ONCE);
    }
  } else if (isPrivate !== undefined) {
    await forgetNoted(ended, now);
  } else return;
  await connection.xtrim(queue.toKey("events"), "MINID", String(before));
}

async function forgetNoted({ queue, connection, prefix }: EndedQueue, now: number): Promise<void> {
  const key = redisKey(prefix, "private", queue.name);
  for (const id of await connection.zrangebyscore(key, 0, now, "LIMIT", 0, REMOVED_AT_ONCE)) {
    const job = await queue.getJob(id);
    // By a clock that is ahead it has not ended yet; but it began long enough ago.
    const endedAt = job?.finishedOn !== undefined && job.finishedOn > now ? 0 : (job?.finishedOn ?? now);
    const dueAt = job && endedAt + PRIVATE_S * 1_000;
    if (dueAt === undefined || dueAt <= now) {
      await job?.remove().catch(() => undefined);
      await connection.zrem(key, id);
    } else await connection.zadd(key, dueAt, id);
  }
}
