import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { JobState } from "bullmq";
import type { JobFilter, ListedState, ListPlace } from "./job-filter";
import type { JobQueues } from "./job-queues";

/** A job that a list may show, before anything but its time was read. */
export interface PlacedJob extends ListPlace {
  queue: QueueName;
  id: string;
  state: JobState;
}

/** Where BullMQ keeps the ids of jobs that have not ended: these are few, or wait, and are all looked at. */
const UNENDED: Readonly<Record<string, { state: JobState; listed: ListedState; isSorted: boolean }>> = {
  wait: { state: "waiting", listed: "waiting", isSorted: false },
  paused: { state: "waiting", listed: "waiting", isSorted: false },
  prioritized: { state: "prioritized", listed: "waiting", isSorted: true },
  delayed: { state: "delayed", listed: "delayed", isSorted: true },
  active: { state: "active", listed: "active", isSorted: false },
  "waiting-children": { state: "waiting-children", listed: "active", isSorted: true },
};
const ENDED = ["completed", "failed"] as const;
/** The clocks of those that add jobs and of those that run them may differ by so much. */
export const CLOCKS_MS = 60_000;
/** Commands in one go: others get their turn in between. */
const AT_ONCE = 1_000;

/** The newest jobs of a filter's queues and states, as far as they were looked at. */
export interface PlacedJobs {
  jobs: PlacedJob[];
  /** A job that was not looked at was added before this time or at it; absent: all were looked at. */
  unseenUntil?: number;
}

/**
 * Ids and times of jobs. Of those that have ended only the last `depth` of each queue and outcome are read: BullMQ
 * orders them by their end, and none was added after it.
 */
export async function placedJobs(queues: JobQueues, filter: JobFilter, depth: number): Promise<PlacedJobs> {
  const found = await Promise.all(filter.queues.map((name) => idsOf(queues, name, filter, depth)));
  const jobs = await withTimes(
    queues,
    found.flatMap(({ ids }) => ids),
  );
  const unseen = found.flatMap(({ unseenUntil }) => unseenUntil ?? []);
  return { jobs, ...(unseen.length > 0 && { unseenUntil: Math.max(...unseen) }) };
}

type FoundId = Omit<PlacedJob, "addedAt">;

/** In one transaction: a job that moves on meanwhile is in exactly one of the answers. */
async function idsOf(queues: JobQueues, name: QueueName, { states, since }: JobFilter, depth: number) {
  const queue = queues.queue(name);
  const unended = Object.entries(UNENDED).filter(([, { listed }]) => states.includes(listed));
  const ended = ENDED.filter((state) => states.includes(state));
  const ask = queues.redis.multi();
  for (const [set, { isSorted }] of unended) {
    if (isSorted) ask.zrange(queue.toKey(set), "0", "-1");
    else ask.lrange(queue.toKey(set), 0, -1);
  }
  const oldest = since === undefined ? "-inf" : String(since - CLOCKS_MS);
  for (const set of ended)
    ask.zrevrangebyscore(queue.toKey(set), "+inf", oldest, "WITHSCORES", "LIMIT", 0, depth);
  const answers = ((await ask.exec()) ?? []).map(([, answer]) => [answer ?? []].flat(2) as string[]);
  const placed = (id: string, state: JobState): FoundId => ({ key: `${name}/${id}`, queue: name, id, state });
  const ids = unended.flatMap(([, { state }], index) => answers[index]!.map((id) => placed(id, state)));
  let unseenUntil: number | undefined;
  for (const [index, state] of ended.entries()) {
    const pairs = answers[unended.length + index]!;
    for (let i = 0; i < pairs.length; i += 2) ids.push(placed(pairs[i]!, state));
    if (pairs.length === 2 * depth) unseenUntil = Math.max(unseenUntil ?? 0, Number(pairs.at(-1)));
  }
  return { ids: ids.filter(({ id }) => !isMarker(id)), unseenUntil };
}

/** BullMQ marks an empty list so. */
const isMarker = (id: string) => /^0:\d+$/.test(id);

async function withTimes(queues: JobQueues, ids: readonly FoundId[]): Promise<PlacedJob[]> {
  const placed = new Map<string, PlacedJob>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const ask = queues.redis.pipeline();
    for (const { queue, id } of some) ask.hget(queues.queue(queue).toKey(id), "timestamp");
    const answers = (await ask.exec()) ?? [];
    for (const [index, job] of some.entries()) {
      const time = Number(answers[index]?.[1] ?? Number.NaN);
      // it is gone by now if it has none
      if (Number.isFinite(time)) placed.set(job.key, { ...job, addedAt: time });
    }
  }
  return [...placed.values()];
}
