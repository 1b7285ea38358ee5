import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { PredictDeadJob } from "@colaml/shared/contracts/predict-chunk";
import type { JobProgress } from "@colaml/shared/contracts/progress";
import type { ErrorCode } from "@colaml/shared/errors/cola-error";
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
  /** Where somebody asked why it waits, and it does. */
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

const isProgress = (value: unknown): value is JobProgress =>
  typeof value === "object" && value !== null && typeof (value as JobProgress).stage === "string";

const iso = (time: number | undefined) => (time ? new Date(time).toISOString() : undefined);

/** No worker takes a chunk from the dead-letter queue: its status is failed until somebody retries it. */
function deadChunk({
  index,
  jobId,
  records,
  firstLine,
  reason,
}: PredictDeadJob): Pick<JobView, "status" | "error"> {
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

/** The view of a job; `state` as `job.getState()` said. */
export function viewJob(job: ViewedJob, queue: QueueName, state: JobState | "unknown"): JobView {
  const status = STATUS[state] ?? "unknown";
  const view: JobView = {
    id: job.id!,
    queue,
    status,
    attempts: Math.max(job.attemptsStarted ?? 0, job.attemptsMade ?? 0),
    createdAt: iso(job.timestamp)!,
  };
  const startedAt = iso(job.processedOn);
  const finishedAt = iso(job.finishedOn);
  if (startedAt) view.startedAt = startedAt;
  if (finishedAt) view.finishedAt = finishedAt;
  if (isProgress(job.progress)) view.progress = job.progress;
  if (status === "completed" && job.returnvalue !== undefined) view.result = job.returnvalue;
  if (job.failedReason && status !== "completed") {
    const { code, message } = parseFailedReason(job.failedReason);
    view.error = { error_code: code, message: message.slice(0, MAX_MESSAGE) };
  }
  return queue === "predict-dead" ? { ...view, ...deadChunk(job.data as PredictDeadJob) } : view;
}
