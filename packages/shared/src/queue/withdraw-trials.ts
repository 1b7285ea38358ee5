import type { Job } from "bullmq";
import { messageOf } from "../errors/cola-error";
import { requestCancel } from "./cancel";
import type { RedisConnection } from "./connection";

/** Where the trials of a tuning job are. */
export interface TrialQueue {
  /** The queue that trials wait on. */
  queue: { readonly name: string; getJob(id: string): Promise<Pick<Job, "remove"> | undefined> };
  connection: RedisConnection;
  prefix: string;
}

/** How the trials of a cancelled tuning job were ended. */
export interface WithdrawnTrials {
  /** They waited and are off their queue. */
  withdrawn: number;
  /** They run: their workers end them within seconds. */
  ending: number;
}

/**
 * Ends the trials of a tuning job that have not ended: those that wait are taken off their queue, those that run are
 * asked to end. When the last of them has ended, the tuning job leaves its wait and its worker ends it, too.
 *
 * @param trials ids of those that have not ended; the tuning job's cancellation must have been requested before they
 *   were listed, so that it adds no further trial
 */
export async function withdrawTrials(
  trials: readonly string[],
  { queue, connection, prefix }: TrialQueue,
): Promise<WithdrawnTrials> {
  const ended: WithdrawnTrials = { withdrawn: 0, ending: 0 };
  // The last trial goes first: a worker takes the first one next.
  for (const id of trials.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))) {
    const trial = await queue.getJob(id);
    if (!trial) continue;
    if (await takenOff(trial)) ended.withdrawn++;
    else {
      await requestCancel(connection, prefix, queue.name, id);
      ended.ending++;
    }
  }
  return ended;
}

/**
 * Takes a job off its queue.
 * @returns false if a worker has it, or its schedule makes the next one from it
 */
export async function takenOff(job: Pick<Job, "remove">): Promise<boolean> {
  try {
    await job.remove();
    return true;
  } catch (error) {
    if (/locked|could not be removed|belongs to a job scheduler/i.test(messageOf(error))) return false;
    throw error;
  }
}
