import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { predictDeadJobSchema } from "@colaml/shared/contracts/predict-chunk";
import { type JobProgress, progressIn } from "@colaml/shared/contracts/progress";
import type { ErrorCode } from "@colaml/shared/errors/cola-error";
import { isTime } from "@colaml/shared/queue/stored-jobs";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import type { JobState } from "bullmq";

export type JobStatus = "waiting" | "delayed" | "active" | "completed" | "failed" | "unknown";

/** Why a job does not run. */
export interface WaitingReason {
  /**
   * `no-worker`: nobody listens on its queue; `paused`: its queue is; `behind`: other jobs come first; `delayed`: it is
   * due later; `retry`: its last attempt failed, and the next is later; `children`: it waits for jobs of its own.
   */
  because: "no-worker" | "paused" | "behind" | "delayed" | "retry" | "children";
  /** In words. */
  message: string;
  /** Waiting jobs that come first; counted to 10,001. */
  ahead?: number;
  /** ISO 8601, UTC: when it is due. */
  until?: string;
  /** Jobs of its own that have not ended. */
  children?: number;
}

/** A job as the CLI and the API show it: no stack trace, no payload texts. */
export interface JobView {
  id: string;
  queue: QueueName;
  status: JobStatus;
  /** Times it was started. */
  attempts: number;
  /** ISO 8601, UTC. */
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  /** If somebody asked why it waits, and it does. */
  waiting?: WaitingReason;
  progress?: JobProgress;
  result?: unknown;
  error?: { error_code: ErrorCode; message: string };
}

const STATUS: Partial<Record<JobState | "unknown", JobStatus>> = {
  waiting: "waiting",
  prioritized: "waiting",
  "waiting-children": "active",
  delayed: "delayed",
  active: "active",
  completed: "completed",
  failed: "failed",
};

/** True when nothing more happens to the job by itself. */
export const isFinished = (status: JobStatus) => status === "completed" || status === "failed";

const iso = (time: number | undefined) => (time && isTime(time) ? new Date(time).toISOString() : undefined);

/** What another client wrote may be no number. */
const counted = (count: number | undefined) => (Number.isSafeInteger(count) ? Math.max(0, count!) : 0);

/** No worker takes a chunk from the dead-letter queue: its status is failed until somebody retries it. */
function deadChunk(data: unknown): Pick<JobView, "status" | "error"> {
  const letter = predictDeadJobSchema.safeParse(data).data;
  if (letter === undefined)
    return { status: "failed", error: { error_code: "JOB_INVALID", message: "it is not a dead letter" } };
  const { index, jobId, records, firstLine, reason } = letter;
  const message = `chunk ${index} of ${jobId} is in the dead-letter queue (${records} rows from line ${firstLine} on): ${reason}`;
  return { status: "failed", error: { error_code: "CHUNK_FAILED", message } };
}

/** What a view is made of: a job of BullMQ, or what was read of one. */
export interface ViewedJob {
  id?: string | undefined;
  /** Times in milliseconds since 1970. */
  timestamp: number;
  processedOn?: number | undefined;
  finishedOn?: number | undefined;
  attemptsStarted: number;
  attemptsMade: number;
  progress: unknown;
  failedReason?: string | undefined;
  returnvalue: unknown;
  data: unknown;
}

/** A reason that another client wrote may be of any length. */
const MAX_MESSAGE = 1_000;

/** The view of a job that has a time; `state` as `job.getState()` said. */
export function viewJob(job: ViewedJob, queue: QueueName, state: JobState | "unknown"): JobView {
  const status = STATUS[state] ?? "unknown";
  const view: JobView = {
    id: job.id!,
    queue,
    status,
    attempts: Math.max(counted(job.attemptsStarted), counted(job.attemptsMade)),
    createdAt: new Date(job.timestamp).toISOString(),
  };
  const startedAt = iso(job.processedOn);
  const finishedAt = iso(job.finishedOn);
  if (startedAt) view.startedAt = startedAt;
  if (finishedAt) view.finishedAt = finishedAt;
  const progress = progressIn(job.progress);
  if (progress) view.progress = progress;
  if (status === "completed" && job.returnvalue !== undefined) view.result = job.returnvalue;
  if (job.failedReason && status !== "completed") {
    const { code, message } = parseFailedReason(job.failedReason);
    view.error = { error_code: code, message: message.slice(0, MAX_MESSAGE) };
  }
  return queue === "predict-dead" ? { ...view, ...deadChunk(job.data) } : view;
}
