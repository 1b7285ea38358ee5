import type { Job } from "bullmq";
import type { JobProgress } from "../contracts/progress";
import type { Logger } from "../logging/logger";

/** What a processor knows of the job it works on. */
export interface JobContext {
  readonly jobId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Workers that had the job before, since it last made progress, and were lost with it; 0 as a rule. */
  readonly deaths: number;
  /**
   * Aborted when the work must end: somebody cancelled the job (the reason is a ColaError JOB_CANCELLED), its lock
   * was lost to another worker, or the process stops and the time to finish is over. Throw then
   * (`signal.throwIfAborted()`): the boundary knows what to do with the job.
   */
  readonly signal: AbortSignal;
  /**
   * Aborted as soon as the process is asked to stop. Short work ignores it and finishes; work of any length puts
   * itself away and calls `handBack()`.
   */
  readonly stopping: AbortSignal;
  /** Every line carries the job's id. */
  readonly logger: Logger;
  /** For those who watch; a progress that cannot be stored does not fail the job. */
  progress(progress: JobProgress): Promise<void>;
  /** Says that what was done so far is not done again: the deaths before no longer count. */
  progressed(): Promise<void>;
  /** Puts the job back into the queue for another worker, without counting an attempt. Does not return. */
  handBack(): Promise<never>;
  /** The lock's token, for BullMQ calls that move the job. */
  readonly token: string | undefined;
  /** The job itself, for flows and children. */
  readonly job: Job;
}

/** The logic of a worker: what it depends on was passed in when it was made. */
export type Processor<Payload, Result> = (payload: Payload, context: JobContext) => Promise<Result>;
