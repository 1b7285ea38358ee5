import type { RedisConnection } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/**
 * Asks the worker that runs this job to cancel it: `runWorker` looks every second. A job that only waits is removed
 * by its queue instead.
 */
export async function requestCancel(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobId: string,
): Promise<void> {
  await connection.set(redisKey(prefix, "cancel", queue, jobId), "1", "EX", REDIS_KEYS.cancel.keptS);
}

/** The ids among these that somebody asked to cancel. */
export async function cancelRequested(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobIds: readonly string[],
): Promise<string[]> {
  const asked = await Promise.all(
    jobIds.map((id) => connection.exists(redisKey(prefix, "cancel", queue, id))),
  );
  return jobIds.filter((_, index) => asked[index] === 1);
}

/** Forgets a request, so that a retry of the job is not cancelled by it. */
export async function clearCancel(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobId: string,
): Promise<void> {
  await connection.del(redisKey(prefix, "cancel", queue, jobId));
}
