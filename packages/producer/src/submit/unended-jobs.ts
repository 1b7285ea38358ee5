import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { readJobs } from "@colaml/shared/queue/stored-jobs";
import type { JobState } from "bullmq";
import type { JobQueues } from "./job-queues";

/** Jobs in one go. */
const AT_ONCE = 500;
/** What a job that has not ended can be, in the order in which it goes through: one that moves on meanwhile is met later. */
export const UNENDED_STATES = [
  "waiting",
  "prioritized",
  "delayed",
  "waiting-children",
  "active",
] as const satisfies readonly JobState[];

/**
 * Ids and payloads, as JSON, of all jobs that have not ended, but for the next ones of schedules, which have done nothing yet,
 * and those that no worker takes (alerts, dead letters).
 *
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED; JOB_INVALID naming a job that cannot be read
 */
export async function* unendedJobs(queues: JobQueues): AsyncGenerator<string, void, undefined> {
  for (const name of QUEUE_NAMES.filter((queue) => queue !== "alerts" && queue !== "predict-dead"))
    for (const state of UNENDED_STATES)
      for (let from = 0; ; from += AT_ONCE) {
        const range = { first: from, last: from + AT_ONCE - 1 };
        const page = await readJobs(queues.queue(name), state, range, true);
        for (const job of page)
          if (job && !(state === "delayed" && job.repeatJobKey)) yield JSON.stringify([job.id, job.data]);
        if (page.length < AT_ONCE) break;
      }
}
