import { REDIS_KEYS, redisKey } from "./redis-keys";
import { redisTimeMs } from "./redis-time";
import type { EndedQueue } from "./retention";

/** Jobs that are measured in one go. */
const MEASURED_AT_ONCE = 500;
const REMOVED_AT_ONCE = 1_000;
/** A job that has just ended stays, whatever it takes: its client is about to read the result. */
const JUST_ENDED_MS = 60_000;
/** Where BullMQ lists the jobs that have ended, by the time of their end. */
const STATES = ["completed", "failed"] as const;

interface EndedJob {
  id: string;
  /** Milliseconds since 1970. */
  endedAt: number;
}

/**
 * Removes the oldest jobs that have ended, with their results, if all of them take more memory of Redis than they may. One
 * worker of the queue looks, at most once in the time that the key `measured` lasts.
 *
 * @param maxBytes of jobs, their logs and results; a job's memory is what Redis says of it
 * @param now milliseconds since 1970; Redis's time if it is not given
 * @returns how many jobs were removed
 */
export async function keepWithinBytes(ended: EndedQueue, maxBytes: number, now?: number): Promise<number> {
  const { queue, connection, prefix } = ended;
  const mine = redisKey(prefix, "measured", queue.name);
  if ((await connection.set(mine, "1", "EX", REDIS_KEYS.measured.keptS, "NX")) !== "OK") return 0;
  now ??= await redisTimeMs(connection);
  let bytes = 0;
  for await (const jobs of newestFirst(ended)) {
    const sizes = await bytesOf(ended, jobs);
    for (const [i, { endedAt }] of jobs.entries()) {
      bytes += sizes[i]!;
      if (bytes > maxBytes) return removeUntil(ended, Math.min(endedAt, now - JUST_ENDED_MS));
    }
  }
  return 0;
}

/** The jobs of both lists in one order, page by page. */
async function* newestFirst({ queue, connection }: EndedQueue): AsyncGenerator<EndedJob[]> {
  const lists = STATES.map((state) => ({
    key: queue.toKey(state),
    next: 0,
    page: [] as EndedJob[],
    isOver: false,
  }));
  for (;;) {
    for (const list of lists) {
      if (list.page.length > 0 || list.isOver) continue;
      const found = await connection.zrevrange(
        list.key,
        list.next,
        list.next + MEASURED_AT_ONCE - 1,
        "WITHSCORES",
      );
      for (let i = 0; i < found.length; i += 2)
        list.page.push({ id: found[i]!, endedAt: Number(found[i + 1]) });
      list.next += list.page.length;
      list.isOver = list.page.length === 0;
    }
    if (lists.every(({ page }) => page.length === 0)) return;
    // What lies behind the newer of the pages' ends may have to wait for the page that follows it.
    const sureFrom = Math.max(
      ...lists.filter(({ isOver }) => !isOver).map(({ page }) => page.at(-1)!.endedAt),
    );
    const merged = lists.flatMap((list) => {
      const sure = list.page.filter(({ endedAt }) => endedAt >= sureFrom);
      list.page = list.page.slice(sure.length);
      return sure;
    });
    yield merged.sort((a, b) => b.endedAt - a.endedAt);
  }
}

/** Memory of each job: 0 of what is gone by now. */
async function bytesOf(
  { queue, connection, prefix }: EndedQueue,
  jobs: readonly EndedJob[],
): Promise<number[]> {
  const pipeline = connection.pipeline();
  for (const { id } of jobs) {
    const job = queue.toKey(id);
    for (const key of [job, `${job}:logs`, redisKey(prefix, "result", queue.name, id)])
      pipeline.memory("USAGE", key, "SAMPLES", "0");
  }
  const replies = (await pipeline.exec()) ?? [];
  const failure = replies.find(([error]) => error);
  if (failure) throw failure[0]!;
  return jobs.map((_, i) =>
    replies.slice(3 * i, 3 * i + 3).reduce((sum, [, bytes]) => sum + Number(bytes ?? 0), 0),
  );
}

async function removeUntil({ queue, connection, prefix }: EndedQueue, endedAt: number): Promise<number> {
  let removed = 0;
  for (const state of STATES) {
    for (;;) {
      const ids = await queue.clean(Date.now() - endedAt, REMOVED_AT_ONCE, state);
      removed += ids.length;
      if (ids.length > 0) await connection.del(ids.map((id) => redisKey(prefix, "result", queue.name, id)));
      if (ids.length < REMOVED_AT_ONCE) break;
    }
  }
  return removed;
}
