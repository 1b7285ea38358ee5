import type { Queue } from "bullmq";
import { SCHEDULED_JOB_ID } from "../contracts/names";
import type { RedisConnection } from "./connection";

/** BullMQ multiplies the time that a job is due at by this, for an order within a millisecond. */
const ORDER_FACTOR = 0x1000;
const PAGE = 500;
/** Jobs that are looked at in one go, the latest due first. */
const MOST = 10_000;
/** Clocks of two machines differ a little. */
const SLACK_MS = 2_000;

/**
 * Sets delayed jobs right that are due later than their delay allows: a clock that was ahead when they were put back for a
 * retry would hold them until then. Jobs of schedules are left out (`pullSchedulesForward`).
 *
 * @param now milliseconds since 1970, by a clock that is right
 * @returns ids of the jobs that were set right: their delay is counted from now
 */
export async function pullDelayedForward(
  queue: Queue,
  connection: RedisConnection,
  now: number,
): Promise<string[]> {
  const moved: string[] = [];
  const latestScore = (now + SLACK_MS) * ORDER_FACTOR;
  for (let from = 0; from < MOST; from += PAGE) {
    const found = await connection.zrevrange(queue.toKey("delayed"), from, from + PAGE - 1, "WITHSCORES");
    for (let i = 0; i < found.length; i += 2) {
      const [id, score] = [found[i]!, Number(found[i + 1])];
      if (score <= latestScore) return moved;
      if (SCHEDULED_JOB_ID.test(id)) continue;
      const delayed = await connection.hget(queue.toKey(id), "delay");
      const times = { dueAt: Math.floor(score / ORDER_FACTOR), now };
      if (await pullForward(queue, id, delayed, times)) moved.push(id);
    }
    if (found.length < 2 * PAGE) break;
  }
  return moved;
}

/** @param delayed what the job's hash says of its delay, in milliseconds */
async function pullForward(
  queue: Queue,
  id: string,
  delayed: string | null,
  { dueAt, now }: { dueAt: number; now: number },
): Promise<boolean> {
  const delay = Number(delayed ?? Number.NaN);
  // Of a job that is gone, and one whose delay nobody knows, nothing is known.
  if (!(delay >= 0) || dueAt <= now + delay + SLACK_MS) return false;
  const job = await queue.getJob(id);
  // It may have begun meanwhile.
  return (
    job?.changeDelay(delay).then(
      () => true,
      () => false,
    ) ?? false
  );
}
