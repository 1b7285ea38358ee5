import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { requestCancel } from "@colaml/shared/jobs/cancel";
import type { QueueName } from "@colaml/shared/jobs/queues";
import type { Job } from "bullmq";
import type { JobQueues } from "./job-queues";
import { isFinished } from "./job-view";

/** More trials than a tuning job may have. */
const MOST_CHILDREN = 10_000;

export interface Cancelled {
  id: string;
  queue: QueueName;
  /** `removed`: it had not started; `requested`: the worker that has it, or takes it next, ends it within seconds. */
  cancelled: "removed" | "requested";
}

/**
 * Ends a job: one that never ran is taken off its queue. One that runs, or was begun and waits to go on, is ended by
 * a worker, which puts away what was made so far; so are the trials of a tuning job.
 *
 * @throws ColaError JOB_NOT_FOUND; USAGE when it is finished already
 */
export async function cancelJob(queues: JobQueues, reference: string): Promise<Cancelled> {
  const { queue, job } = await queues.get(reference);
  const id = job.id!;
  const { status } = await queues.view(`${queue}/${id}`);
  if (isFinished(status)) throw new ColaError("USAGE", `job ${id} is ${status} already: nothing to cancel`);
  // Asked first: a job that a worker takes at this very moment is ended there.
  await requestCancel(queues.redis, queues.settings.prefix, queue, id);
  if (status !== "active" && !wasBegun(job) && (await remove(job)))
    return { id, queue, cancelled: "removed" };
  await cancelChildren(queues, job);
  // Its worker ends it at the next attempt: that need not wait.
  if (status === "delayed") await job.promote().catch(() => undefined);
  return { id, queue, cancelled: "requested" };
}

/** Trials are not begun, or are ended, when their tuning job is cancelled: it waits for them without a worker. */
async function cancelChildren(queues: JobQueues, job: Job): Promise<void> {
  if ((await job.getState()) !== "waiting-children") return;
  const { unprocessed = [] } = await job.getDependencies({ unprocessed: { count: MOST_CHILDREN } });
  for (const key of unprocessed) {
    const [queue, id] = key.split(":").slice(-2);
    // One that ends at this very moment needs no cancelling.
    await cancelJob(queues, `${queue}/${id}`).catch(() => undefined);
  }
}

/** A batch that was handed back or waits for its next attempt has chunks and files, which only a worker can put away. */
const wasBegun = (job: Job) => (job.attemptsStarted ?? 0) > 0;

/** @returns false when a worker has it by now */
async function remove(job: Job): Promise<boolean> {
  try {
    await job.remove();
    return true;
  } catch (error) {
    if (/locked|could not be removed/i.test(messageOf(error))) return false;
    throw error;
  }
}
