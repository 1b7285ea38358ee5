import type { JobProgress } from "../contracts/progress";
import type { Logger } from "../logging/logger";
import type { EndedChildren } from "../queue/job-children";

/** What a processor knows of the job it works on; the queue's own objects stay behind it. */
export interface JobContext {
  readonly jobId: string;
  /** When the job was put on its queue, in milliseconds since 1970. */
  readonly addedAt: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Attempts that the job has in all. */
  readonly attempts: number;
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
  /** Id of the job that this one is a child of. */
  readonly parentId: string | undefined;
  /** The jobs that this one has others do. */
  readonly children: JobChildren;
}

/** The jobs that a job adds and waits for. */
export interface JobChildren {
  /** What `addJob` takes as `parent` to make the added job a child of this one. */
  readonly parent: { id: string; queue: string };
  /** Ids of the children that have ended, well or not. */
  ended(): Promise<Set<string>>;
  /** Ids of the children that wait or run. */
  unfinished(): Promise<string[]>;
  /** Results and reasons of those that have ended. */
  outcomes<Result>(): Promise<EndedChildren<Result>>;
  /**
   * Waits for them without a lock and without a worker: the job is run again when the last one has ended. Returns
   * only if all have ended already.
   *
   * @throws what `isMove` knows: let it pass
   */
  wait(): Promise<void>;
}

/** The logic of a worker: what it depends on was passed in when it was made. */
export type Processor<Payload, Result> = (payload: Payload, context: JobContext) => Promise<Result>;
