import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { entryOf } from "@colaml/shared/contracts/catalogue";
import type { Queue } from "bullmq";
import type { JobQueues } from "./job-queues";
import type { JobView, WaitingReason } from "./job-view";
import { type QueueOverview, queueOverview } from "./queue-overview";

/** Jobs before one that are counted; a long queue is not searched for every job of a list. */
const MAX_AHEAD = 10_000;
/** BullMQ keeps the time when a delayed job is due in the upper bits of its score. */
const SCORE_STEPS_PER_MS = 0x1000;

/** Says of jobs why they do not run; looks at each queue once. */
export type ExplainWaiting = (view: JobView) => Promise<WaitingReason | undefined>;

/**
 * Why jobs wait.
 *
 * @returns for a view its reason; undefined for a job that runs, has ended, or waits for nobody in particular
 */
export function explainWaiting(queues: JobQueues): ExplainWaiting {
  const overviews = new Map<QueueName, Promise<QueueOverview>>();
  const overview = (name: QueueName) => {
    const known = overviews.get(name) ?? queueOverview(queues, name);
    overviews.set(name, known);
    return known;
  };
  return async (view) => {
    if (entryOf(view.queue).worker === undefined) return undefined;
    const queue = queues.queue(view.queue);
    if (view.status === "waiting") return whyWaiting(queues, view, await overview(view.queue));
    if (view.status === "delayed") return whyDelayed(queues, view);
    if (view.status !== "active") return undefined;
    return (
      (await whyWithChildren(queues, queue, view)) ??
      (view.queue === "predict" ? closed(await overview("predict-chunk"), "its chunks wait: ") : undefined)
    );
  };
}

/** The views, each that waits with its reason. */
export async function withReasons(queues: JobQueues, views: readonly JobView[]): Promise<JobView[]> {
  const explain = explainWaiting(queues);
  return Promise.all(
    views.map(async (view) => {
      const waiting = await explain(view);
      return waiting ? { ...view, waiting } : view;
    }),
  );
}

/** Why nothing of a queue runs at all. */
function closed(
  { queue, worker, paused, workers, otherWorkers, counts }: QueueOverview,
  about = "",
): WaitingReason | undefined {
  if (counts.waiting === 0) return undefined;
  if (paused)
    return {
      because: "paused",
      message: `${about}queue ${queue} is paused: \`cola queues resume ${queue}\``,
    };
  if (workers.length + (otherWorkers ?? 0) > 0) return undefined;
  return {
    because: "no-worker",
    message: `${about}no worker listens on queue ${queue}: start a ${worker} worker, or \`cola up\``,
  };
}

async function whyWaiting(
  queues: JobQueues,
  { queue, id }: JobView,
  overview: QueueOverview,
): Promise<WaitingReason | undefined> {
  const nobody = closed(overview);
  if (nobody) return nobody;
  const ahead = await jobsAhead(queues, queue, id);
  if (ahead === undefined) return undefined;
  const running = `${overview.counts.active} running`;
  if (ahead === 0) return { because: "behind", ahead, message: `it is next, ${running}` };
  const many = ahead > MAX_AHEAD ? `more than ${MAX_AHEAD}` : String(ahead);
  return { because: "behind", ahead, message: `behind ${many} waiting, ${running}` };
}

/** @returns jobs that are taken before this one; `MAX_AHEAD + 1` for more than that; undefined if it waits no longer */
async function jobsAhead(queues: JobQueues, name: QueueName, id: string): Promise<number | undefined> {
  const queue = queues.queue(name);
  const [wait, prioritized] = [queue.toKey("wait"), queue.toKey("prioritized")];
  // Workers take from the end of the list, then by priority.
  const [length, place, rank] = await Promise.all([
    queues.redis.llen(wait),
    queues.redis.lpos(wait, id, "RANK", -1, "MAXLEN", MAX_AHEAD + 1),
    queues.redis.zrank(prioritized, id),
  ]);
  if (place !== null) return Math.max(0, length - 1 - place);
  if (rank !== null) return length + rank;
  return length > MAX_AHEAD ? MAX_AHEAD + 1 : undefined;
}

async function whyDelayed(queues: JobQueues, view: JobView): Promise<WaitingReason | undefined> {
  const score = await queues.redis.zscore(queues.queue(view.queue).toKey("delayed"), view.id);
  if (score === null) return undefined;
  const until = new Date(Math.floor(Number(score) / SCORE_STEPS_PER_MS)).toISOString();
  const at = `${until.slice(0, 19)}Z`;
  if (view.error)
    return { because: "retry", until, message: `attempt ${view.attempts} failed, the next is at ${at}` };
  return { because: "delayed", until, message: `it is due at ${at}` };
}

async function whyWithChildren(
  queues: JobQueues,
  queue: Queue,
  { id }: JobView,
): Promise<WaitingReason | undefined> {
  if ((await queues.redis.zscore(queue.toKey("waiting-children"), id)) === null) return undefined;
  const children = await queues.redis.scard(queue.toKey(`${id}:dependencies`));
  const what = children === 1 ? "1 job of its own" : `${children} jobs of its own`;
  return { because: "children", children, message: `it waits for ${what}` };
}
