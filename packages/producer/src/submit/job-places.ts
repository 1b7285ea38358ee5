import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { JobState } from "bullmq";
import { isBehind, type JobFilter, type ListedState, type ListPlace } from "./job-filter";
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
export const CLOCKS_MS = 10_000;
/** Jobs in one go: others get their turn in between. */
const AT_ONCE = 1_000;
/** One answer for many jobs: as many answers would cost ten times as much. KEYS: the jobs. */
const READ_TIMES = `local times = {}
for i, key in ipairs(KEYS) do times[i] = redis.call("HGET", key, "timestamp") or "" end
return times`;

/** The newest jobs that a filter wants, as far as they were looked at; of models nothing is known yet. */
export interface PlacedJobs {
  jobs: PlacedJob[];
  /** A job that was not looked at was added before this time or at it; absent: all were looked at. */
  unseenUntil?: number;
}

/**
 * Ids and times of jobs. Of those that have ended only the last `depth` of each queue and outcome are read: BullMQ
 * orders them by their end, and none was added after it.
 *
 * @param times of jobs by their key, in milliseconds since 1970: what is known, to which is added what is read
 */
export async function placedJobs(
  queues: JobQueues,
  filter: JobFilter,
  depth: number,
  times: Map<string, number>,
): Promise<PlacedJobs> {
  const found = await Promise.all(filter.queues.map((name) => idsOf(queues, name, filter, depth)));
  const ids = found.flatMap((one) => one.ids);
  await readTimes(queues, ids, times);
  const placed = new Map<string, PlacedJob>();
  for (const { key, queue, id, state } of ids) {
    const addedAt = times.get(key);
    // of a hundred thousand jobs that a page has behind it none is kept in hand
    if (addedAt === undefined || !isWanted({ addedAt, key }, filter)) continue;
    placed.set(key, { key, queue, id, state, addedAt });
  }
  const unseen = found.flatMap(({ unseenUntil }) => unseenUntil ?? []);
  return { jobs: [...placed.values()], ...(unseen.length > 0 && { unseenUntil: Math.max(...unseen) }) };
}

/** Jobs of one queue and outcome, at most, that have ended since a time: a page that begins there lies behind them. */
export async function endedSince(queues: JobQueues, { queues: names, states }: JobFilter, time: number) {
  const ask = queues.redis.multi();
  for (const name of names)
    for (const state of ENDED.filter((one) => states.includes(one)))
      ask.zcount(queues.queue(name).toKey(state), time - CLOCKS_MS, "+inf");
  const counts = ((await ask.exec()) ?? []).map(([, count]) => Number(count ?? 0));
  return Math.max(0, ...counts);
}

const isWanted = (place: ListPlace, { since, after }: JobFilter) =>
  (since === undefined || place.addedAt >= since) && (after === undefined || isBehind(place, after));

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
  const answers = ((await ask.exec()) ?? []).map(([, answer]) => flatAnswer(answer));
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

/** Ids, or ids with scores in turn, which RESP3 answers in pairs. */
const flatAnswer = (answer: unknown) => ((answer ?? []) as unknown[]).flat() as string[];

/** BullMQ marks an empty list so. */
const isMarker = (id: string) => /^0:\d+$/.test(id);

/** Reads the times that are not known yet. A job that is gone by now has none. */
async function readTimes(
  queues: JobQueues,
  ids: readonly FoundId[],
  times: Map<string, number>,
): Promise<void> {
  const unknown = ids.filter(({ key }) => !times.has(key));
  for (let from = 0; from < unknown.length; from += AT_ONCE) {
    const some = unknown.slice(from, from + AT_ONCE);
    const keys = some.map(({ queue, id }) => queues.queue(queue).toKey(id));
    const answers = (await queues.redis.eval(READ_TIMES, keys.length, ...keys)) as string[];
    for (const [index, { key }] of some.entries())
      if (answers[index] !== "") times.set(key, Number(answers[index]));
  }
}
