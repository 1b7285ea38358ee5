import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { requestCancel } from "@colaml/shared/jobs/cancel";
import type { QueueName } from "@colaml/shared/jobs/queues";
import type { Job } from "bullmq";
import type { JobQueues } from "./job-queues";
import { isFinished } from "./job-view";

export interface Cancelled {
  id: string;
  queue: QueueName;
  /** `removed`: it had not started; `requested`: its worker ends it within seconds, `cola jobs watch` shows it. */
  cancelled: "removed" | "requested";
}

/**
 * Ends a job: one that waits is taken off its queue, one that runs is ended by its worker.
 * @throws ColaError JOB_NOT_FOUND; USAGE when it is finished already
 */
export async function cancelJob(queues: JobQueues, reference: string): Promise<Cancelled> {
  const { queue, job } = await queues.get(reference);
  const id = job.id!;
  const { status } = await queues.view(`${queue}/${id}`);
  if (isFinished(status)) throw new ColaError("USAGE", `job ${id} is ${status} already: nothing to cancel`);
  // Asked first: a job that a worker takes at this very moment is ended there.
  await requestCancel(queues.redis, queues.settings.prefix, queue, id);
  return { id, queue, cancelled: status !== "active" && (await remove(job)) ? "removed" : "requested" };
}

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
