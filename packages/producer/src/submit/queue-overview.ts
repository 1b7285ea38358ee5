import { entryOf, QUEUE_NAMES, type QueueName, type WorkerName } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { type QueueClients, readQueueClients } from "@colaml/shared/queue/queue-clients";
import { type ListeningWorker, listeningWorkers } from "@colaml/shared/queue/worker-roster";
import type { Queue } from "bullmq";
import type { JobQueues } from "./job-queues";

/** How many jobs of a queue are in each state. Finished ones: those that are still kept. */
export interface QueueCounts {
  waiting: number;
  active: number;
  /** Due later: a retry, or the next job of a schedule. */
  delayed: number;
  /** They wait for jobs of their own, such as a search for its trials. */
  waitingForChildren: number;
  completed: number;
  failed: number;
}

/** A queue as operators see it. */
export interface QueueOverview {
  queue: QueueName;
  /** The worker that runs its jobs; absent: none does, they stay there for a person or for a worker of your own. */
  worker?: WorkerName;
  paused: boolean;
  counts: QueueCounts;
  /** The worker processes that listen. One that was killed leaves the list after 6 s. */
  workers: ListeningWorker[];
  /**
   * Further connections that listen as BullMQ workers: of an earlier release, of another language, of your own, or too
   * busy to say who they are. Absent if Redis does not say who is connected (rights without `client|list`).
   */
  otherWorkers?: number;
  /** Milliseconds since the job that is taken next was added; absent if none waits. */
  oldestWaitingMs?: number;
}

/** All queues, in the order of the catalogue. */
export async function queueOverviews(
  queues: JobQueues,
  clock: () => number = Date.now,
): Promise<QueueOverview[]> {
  const clients = await readQueueClients(queues.redis, queues.settings.prefix);
  return Promise.all(QUEUE_NAMES.map((name) => overviewOf(queues, name, clients, clock)));
}

/**
 * One queue.
 * @throws ColaError JOB_NOT_FOUND naming the queues there are
 */
export async function queueOverview(
  queues: JobQueues,
  name: string,
  clock: () => number = Date.now,
): Promise<QueueOverview> {
  const queue = knownQueue(name);
  return overviewOf(queues, queue, await readQueueClients(queues.redis, queues.settings.prefix), clock);
}

/**
 * Lets workers take nothing more from a queue; what they run they finish.
 * @throws ColaError JOB_NOT_FOUND
 */
export async function pauseQueue(queues: JobQueues, name: string): Promise<QueueOverview> {
  await queues.queue(knownQueue(name)).pause();
  return queueOverview(queues, name);
}

/** @throws ColaError JOB_NOT_FOUND */
export async function resumeQueue(queues: JobQueues, name: string): Promise<QueueOverview> {
  await queues.queue(knownQueue(name)).resume();
  return queueOverview(queues, name);
}

/** @throws ColaError JOB_NOT_FOUND naming the queues there are */
export function knownQueue(name: string): QueueName {
  const known = QUEUE_NAMES.find((queue) => queue === name);
  if (known) return known;
  throw new ColaError(
    "JOB_NOT_FOUND",
    `no queue ${JSON.stringify(name.slice(0, 140))}: there are ${QUEUE_NAMES.join(", ")}`,
  );
}

async function overviewOf(
  queues: JobQueues,
  name: QueueName,
  clients: QueueClients | undefined,
  clock: () => number,
): Promise<QueueOverview> {
  const queue = queues.queue(name);
  const { worker } = entryOf(name);
  const [counts, paused, listening, oldest] = await Promise.all([
    queue.getJobCounts(),
    queue.isPaused(),
    listeningWorkers(queues.redis, queues.settings.prefix, name),
    oldestWaiting(queues, queue),
  ]);
  const known = new Set(listening.map((one) => one.name));
  const others = clients?.workersOn(name).filter((client) => !known.has(client)).length;
  return {
    queue: name,
    ...(worker && { worker }),
    paused,
    counts: countsOf(counts),
    workers: listening.map((one) => one.worker),
    ...(others !== undefined && { otherWorkers: others }),
    // Clocks of two machines differ a little: nothing waits for less than no time.
    ...(oldest !== undefined && { oldestWaitingMs: Math.max(0, clock() - oldest) }),
  };
}

const countsOf = (of: Record<string, number>): QueueCounts => ({
  waiting: (of["waiting"] ?? 0) + (of["prioritized"] ?? 0),
  active: of["active"] ?? 0,
  delayed: of["delayed"] ?? 0,
  waitingForChildren: of["waiting-children"] ?? 0,
  completed: of["completed"] ?? 0,
  failed: of["failed"] ?? 0,
});

/** When the job that is taken next was added, in milliseconds since 1970: jobs with a priority come after all that have none. */
async function oldestWaiting({ redis }: JobQueues, queue: Queue): Promise<number | undefined> {
  for (const state of ["wait", "prioritized"] as const) {
    const [id] = await queue.getRanges([state], 0, 0, true);
    const time = id === undefined ? undefined : Number(await redis.hget(queue.toKey(id), "timestamp"));
    if (time && Number.isFinite(time)) return time;
  }
  return undefined;
}
