import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { JobQueues } from "./job-queues";

/** What a job returned. */
export interface JobResult {
  id: string;
  queue: QueueName;
  result: unknown;
}

/**
 * The result of a job that completed.
 *
 * @throws ColaError JOB_NOT_FOUND; NO_RESULT with its state, and the reason if it failed
 */
export async function readResult(queues: JobQueues, reference: string): Promise<JobResult> {
  const { id, queue, status, result, error } = await queues.view(reference);
  if (status === "completed" && result !== undefined) return { id, queue, result };
  const why =
    status === "completed"
      ? "it was large and is kept for 7 days only, or it cannot be read"
      : status === "failed" && error
        ? `it failed (${error.error_code}: ${error.message})`
        : `it is ${status}: its result is there when it is completed`;
  throw new ColaError("NO_RESULT", `job ${id} has no result: ${why}`, { details: { status } });
}
