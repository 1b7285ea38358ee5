import { setTimeout as delay } from "node:timers/promises";
import type { JobQueues } from "./job-queues";
import { isFinished, type JobView } from "./job-view";

/** How often a job is looked at. Events are only a hint (they may be trimmed or cut off): looking is the truth. */
const POLL_MS = 150;

export interface WaitOptions {
  signal?: AbortSignal;
  /** Called with the job after every look. */
  onLook?: (view: JobView) => void | Promise<void>;
}

/**
 * Looks at a job until it is finished.
 *
 * @returns its last view, completed or failed
 * @throws ColaError JOB_NOT_FOUND when it is removed; the abort error when `signal` aborts: the job keeps running
 */
export async function waitForJob(
  queues: JobQueues,
  reference: string,
  options: WaitOptions = {},
): Promise<JobView> {
  for (;;) {
    options.signal?.throwIfAborted();
    const view = await queues.view(reference);
    await options.onLook?.(view);
    if (isFinished(view.status)) return view;
    await delay(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}
