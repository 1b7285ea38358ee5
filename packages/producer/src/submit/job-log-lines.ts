import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { JobQueues } from "./job-queues";

/** The last lines of a job's log, oldest first. */
export interface JobLogLines {
  id: string;
  queue: QueueName;
  lines: string[];
  /** Earlier lines that are not among these. */
  earlier: number;
}

/** Lines that an answer has at most: workers keep 200 of a job. */
export const LOG_LIMIT = 1_000;
/** A line that another client wrote may be of any length. */
const MAX_LINE = 2_000;

/**
 * The main steps of a job, as its workers wrote them down.
 *
 * @param limit lines at most
 * @throws ColaError JOB_NOT_FOUND
 */
export async function readJobLog(queues: JobQueues, reference: string, limit: number): Promise<JobLogLines> {
  const { queue, job } = await queues.get(reference);
  const { logs, count } = await queues.queue(queue).getJobLogs(job.id!, -limit, -1);
  const lines = logs.map((line) => line.slice(0, MAX_LINE));
  return { id: job.id!, queue, lines, earlier: count - lines.length };
}
