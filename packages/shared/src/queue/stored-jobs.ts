import type { Job, JobType, Queue } from "bullmq";
import { ColaError, messageOf } from "../errors/cola-error";

/** The last millisecond that JavaScript has a date for. */
const LAST_TIME = 8.64e15;

/** Whether there is a date for a number that another client may have written. */
export const isTime = (time: number | undefined): time is number =>
  time !== undefined && Math.abs(time) <= LAST_TIME;

/** Whether BullMQ fails on what another program wrote: text that is not JSON, or JSON that is not the object it needs. */
export const isUnreadable = (error: unknown) => error instanceof SyntaxError || error instanceof TypeError;

/**
 * The job of an id. BullMQ keeps more under such names: what `meta` or `wait` would find is not a job.
 *
 * @throws ColaError JOB_INVALID if it cannot be read
 */
export async function readJob(queue: Queue, id: string): Promise<Job | undefined> {
  try {
    const job = (await queue.getJob(id)) as Job | undefined;
    return job !== undefined && isTime(job.timestamp) ? job : undefined;
  } catch (error) {
    if (/WRONGTYPE/.test(messageOf(error))) return undefined;
    if (!isUnreadable(error)) throw error;
    const what = `job ${JSON.stringify(id.slice(0, 140))} of queue ${queue.name}`;
    throw new ColaError("JOB_INVALID", `${what} holds what no job does: another program wrote it`, {
      cause: error,
    });
  }
}

/**
 * Jobs of one state. One that was removed meanwhile leaves a gap.
 *
 * @param range first and last place, from 0
 * @param asc whether the one that is taken next comes first
 * @throws ColaError JOB_INVALID naming one that cannot be read: BullMQ gives all or none
 */
export async function readJobs(
  queue: Queue,
  state: JobType,
  range: { first: number; last: number },
  asc: boolean,
): Promise<(Job | undefined)[]> {
  try {
    return await queue.getJobs([state], range.first, range.last, asc);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const ids = await queue.getRanges([state], range.first, range.last, asc);
    return await Promise.all(ids.map((id) => readJob(queue, id)));
  }
}
