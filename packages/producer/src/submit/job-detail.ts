import type { JobQueues } from "./job-queues";
import type { JobView } from "./job-view";

/** Lines of a job's log that are read. */
const LOG_LINES = 200;

/** A job with what a list leaves out. */
export interface JobDetail {
  view: JobView;
  /** As it was put on its queue: it may hold texts of customers. */
  payload: Record<string, unknown>;
  /** The worker that had it last; absent before it was started. */
  processedBy?: string;
  /** The last lines, oldest first, of `count`. */
  log: { lines: string[]; count: number };
}

/**
 * One job by its id or `queue/id`.
 * @throws ColaError JOB_NOT_FOUND
 */
export async function jobDetail(queues: JobQueues, reference: string): Promise<JobDetail> {
  const { queue, job } = await queues.get(reference);
  const [view, { logs, count }] = await Promise.all([
    queues.view(`${queue}/${job.id}`),
    queues.queue(queue).getJobLogs(job.id!, 0, LOG_LINES - 1, false),
  ]);
  const { processedBy } = job;
  return {
    view,
    payload: typeof job.data === "object" && job.data !== null ? (job.data as Record<string, unknown>) : {},
    ...(processedBy === undefined ? {} : { processedBy }),
    log: { lines: logs.reverse(), count },
  };
}
