import type { Queue } from "bullmq";
import { requestCancel } from "./cancel";
import type { JobPlace } from "./stored-result";
import { takenOff } from "./taken-off";

/** Where the trials of a tuning job are. */
export interface TrialQueue extends Pick<JobPlace, "connection" | "prefix"> {
  /** The queue that trials wait on. */
  queue: Pick<Queue, "name" | "getJob">;
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
    if (await takenOff(trial, { connection, prefix })) ended.withdrawn++;
    else {
      await requestCancel(connection, prefix, queue.name, id);
      ended.ending++;
    }
  }
  return ended;
}
