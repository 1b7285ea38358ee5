import { predictJobSchema } from "@colaml/shared/contracts/predict";
import type { PredictDeadJob } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { clearCancel } from "@colaml/shared/queue/cancel";
import { forgetStarts } from "@colaml/shared/queue/job-starts";
import type { Job } from "bullmq";
import type { JobQueues } from "./job-queues";
import type { JobView } from "./job-view";
import { checkedPayload } from "./payloads";
import { submitJob } from "./submit-job";

/**
 * Requeues a failed job. A chunk in the dead-letter queue becomes a `predict` job of its own, which is what
 * is returned.
 * @throws ColaError JOB_NOT_FOUND; USAGE when it has not failed; OUTPUT_BUSY
 */
export async function retryJob(queues: JobQueues, reference: string): Promise<JobView> {
  const { queue, job } = await queues.get(reference);
  if (queue === "predict-dead") return runChunkAgain(queues, job);
  const view = await queues.view(`${queue}/${job.id}`);
  if (view.status !== "failed") {
    throw new ColaError("USAGE", `job ${job.id} is ${view.status}: only a failed job can be retried`);
  }
  await clearCancel(queues.redis, queues.settings.prefix, queue, job.id!);
  await forgetStarts(queues.redis, queues.settings.prefix, queue, job.id!);
  await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  return queues.view(`${queue}/${job.id}`);
}

/** The chunk leaves the dead-letter queue once its job is there: if that job fails, it is a failed job like any other. */
async function runChunkAgain(queues: JobQueues, dead: Job<PredictDeadJob>): Promise<JobView> {
  const payload = checkedPayload(predictJobSchema, dead.data.again);
  const { id } = await submitJob(queues, { queue: "predict", payload });
  await dead.remove();
  return queues.view(`predict/${id}`);
}
