/** What the result of every job has, whatever its queue: the worker adds it when the job is done. */
export interface MadeBy {
  /** Release of ColaML of the worker that ended the job, such as `0.1.0`. Absent in results of older releases. */
  release?: string;
}
