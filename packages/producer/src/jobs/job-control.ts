import { ColaError } from "@colaml/shared/errors/cola-error";
import { clearCancel } from "@colaml/shared/jobs/cancel";
import type { JobQueues } from "./job-queues";
import type { JobView } from "./job-view";

/**
 * Puts a failed job back on its queue.
 * @throws ColaError JOB_NOT_FOUND; USAGE when it has not failed
 */
export async function retryJob(queues: JobQueues, reference: string): Promise<JobView> {
  const { queue, job } = await queues.get(reference);
  const view = await queues.view(`${queue}/${job.id}`);
  if (view.status !== "failed") {
    throw new ColaError("USAGE", `job ${job.id} is ${view.status}: only a failed job can be tried again`);
  }
  await clearCancel(queues.redis, queues.settings.prefix, queue, job.id!);
  await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  return queues.view(`${queue}/${job.id}`);
}

/** The jobs of every queue, newest first, at most `limit` a queue and state. */
export async function listJobs(queues: JobQueues, limit: number): Promise<JobView[]> {
  const perQueue = await Promise.all(
    LISTED.map(async (name) => {
      const jobs = await queues.queue(name).getJobs([...LISTED_STATES], 0, limit - 1);
      return Promise.all(
        jobs.filter((job) => job?.id !== undefined).map((job) => queues.view(`${name}/${job.id}`)),
      );
    }),
  );
  return perQueue.flat().sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

const LISTED = ["train", "tune", "predict", "monitor", "labels", "predict-dead", "publish"] as const;
const LISTED_STATES = [
  "active",
  "waiting",
  "prioritized",
  "delayed",
  "waiting-children",
  "completed",
  "failed",
] as const;
