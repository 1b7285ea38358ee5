import type { Job } from "bullmq";
import { messageOf } from "../errors/cola-error";
import { forgetStarts } from "./job-starts";
import type { JobPlace } from "./stored-result";

/**
 * Takes a job off its queue, and forgets the workers that were lost with it.
 *
 * @returns false if a worker has it, or its schedule makes the next one from it
 */
export async function takenOff(
  job: Job,
  { connection, prefix }: Pick<JobPlace, "connection" | "prefix">,
): Promise<boolean> {
  try {
    await job.remove();
  } catch (error) {
    if (/locked|could not be removed|belongs to a job scheduler/i.test(messageOf(error))) return false;
    throw error;
  }
  await forgetStarts(connection, prefix, job.queueName, job.id!);
  return true;
}
