import type { Job, Queue } from "bullmq";
import { messageOf } from "../errors/cola-error";
import { requestCancel } from "./cancel";
import type { RedisConnection } from "./connection";

/** Where the trials of a tuning job are. */
export interface TrialQueue {
  /** The queue that trials wait on. */
  queue: Queue;
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
 * @param tune the tuning job; its cancellation must have been requested before, so that it adds no further trial
 */
export async function withdrawTrials(
  tune: Pick<Job, "getDependencies">,
  { queue, connection, prefix }: TrialQueue,
): Promise<WithdrawnTrials> {
  const ended: WithdrawnTrials = { withdrawn: 0, ending: 0 };
  const { unprocessed = [] } = await tune.getDependencies();
  // Keys end with the job's id. The last trial goes first: a worker takes the first one next.
  const ids = unprocessed.map((key) => key.slice(key.lastIndexOf(":") + 1));
  for (const id of ids.sort((a, b) => b.localeCompare(a, "en", { numeric: true }))) {
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
