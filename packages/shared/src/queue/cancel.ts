import type { RedisConnection } from "./connection";

/** A request nobody reads any more, because the job ended, goes away by itself. */
const KEPT_S = 86_400;

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
  await connection.set(cancelKey(prefix, queue, jobId), "1", "EX", KEPT_S);
}

/** The ids among these that somebody asked to cancel. */
export async function cancelRequested(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobIds: readonly string[],
): Promise<string[]> {
  const asked = await Promise.all(jobIds.map((id) => connection.exists(cancelKey(prefix, queue, id))));
  return jobIds.filter((_, index) => asked[index] === 1);
}

/** Forgets a request, so that a retry of the job is not cancelled by it. */
export async function clearCancel(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobId: string,
): Promise<void> {
  await connection.del(cancelKey(prefix, queue, jobId));
}

/** Key of the request to cancel a job. */
export function cancelKey(prefix: string, queue: string, jobId: string): string {
  return `${prefix}:cancel:${queue}:${jobId}`;
}
