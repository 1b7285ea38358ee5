import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { readJobs } from "@colaml/shared/queue/stored-jobs";
import { takenOff } from "@colaml/shared/queue/taken-off";
import type { Job, JobState } from "bullmq";
import type { JobQueues } from "./job-queues";
import { knownQueue } from "./queue-overview";

/** Jobs that are taken off at the same time. */
const PAGE = 100;
/** A request is answered within 5 s: what is left then is for the next one. */
const DRAIN_MS = 3_000;
/** What has not begun is in one of these. */
const STATES = ["waiting", "prioritized", "delayed"] as const satisfies readonly JobState[];

/** Why a job stays on a queue that is drained. */
export interface KeptJobs {
  /** Begun before: a worker has to put away what they made. `cola jobs cancel ID` ends one. */
  begun: number;
  /** Trials of a search that has not ended, which would wait for them. */
  children: number;
  /** Chunks, while any batch has begun and not ended: a chunk does not say which job it is of. `cola jobs cancel ID` ends a batch. */
  chunks: number;
  /** The next ones of schedules. `cola schedule remove ID` ends one. */
  scheduled: number;
  /** A worker took them meanwhile. */
  taken: number;
}

export interface Drained {
  queue: QueueName;
  /** Jobs that are off the queue. */
  removed: number;
  kept: KeptJobs;
  /** The time was over before all jobs were looked at: drain again. */
  more: boolean;
}

/**
 * Takes off a queue what has not begun: waiting jobs, also those that are due later. Running and finished ones stay,
 * and so does what a running job waits for.
 *
 * @throws ColaError JOB_NOT_FOUND; JOB_INVALID naming a job that cannot be read
 */
export async function drainQueue(
  queues: JobQueues,
  name: string,
  clock: () => number = () => performance.now(),
): Promise<Drained> {
  const queue = knownQueue(name);
  const until = clock() + DRAIN_MS;
  const kept: KeptJobs = { begun: 0, children: 0, chunks: 0, scheduled: 0, taken: 0 };
  const drained: Drained = { queue, removed: 0, kept, more: false };
  const keepsChunks = queue === "predict-chunk" && (await batchRuns(queues));
  // what is added meanwhile comes before them, so that they are seen again
  const stay = new Set<string>();
  for (const state of STATES) {
    for (let offset = 0; ; ) {
      // Newest first: BullMQ looks for a waiting job from that end of its list, which may hold 100,000.
      const range = { first: offset, last: offset + PAGE - 1 };
      const jobs = await readJobs(queues.queue(queue), state, range, false);
      if (jobs.length === 0) break;
      if (clock() > until) return { ...drained, more: true };
      // A job whose content is gone already stays in the list until a worker meets it.
      const ends = await Promise.all(
        jobs.map(async (job) =>
          !job || stay.has(job.id!)
            ? "gone"
            : (reasonToKeep(queue, job, keepsChunks) ?? (await endOf(queues, job))),
        ),
      );
      for (const [index, end] of ends.entries()) {
        if (end === "removed") drained.removed++;
        else if (end !== "gone") {
          kept[end]++;
          stay.add(jobs[index]!.id!);
        }
      }
      offset += ends.filter((end) => end !== "removed").length;
    }
  }
  return drained;
}

/** A schedule makes its next job when a worker takes this one. */
async function endOf(
  { redis: connection, settings }: JobQueues,
  job: Job,
): Promise<"removed" | "scheduled" | "taken"> {
  if (await takenOff(job, { connection, prefix: settings.prefix })) return "removed";
  return job.repeatJobKey === undefined ? "taken" : "scheduled";
}

function reasonToKeep(queue: QueueName, job: Job, keepsChunks: boolean): keyof KeptJobs | undefined {
  // One that is left over from a batch has nobody who waits for it.
  if (queue === "predict-chunk") return keepsChunks ? "chunks" : undefined;
  if (job.parent) return "children";
  return wasBegun(job) ? "begun" : undefined;
}

const wasBegun = (job: Job) => job.attemptsStarted > 0 || job.attemptsMade > 0;

/** Whether a batch runs, or began and waits to resume. */
async function batchRuns(queues: JobQueues): Promise<boolean> {
  const queue = queues.queue("predict");
  if ((await queue.getActiveCount()) > 0) return true;
  for (const state of STATES) {
    for (let from = 0; ; from += PAGE) {
      const jobs = await readJobs(queue, state, { first: from, last: from + PAGE - 1 }, true);
      if (jobs.length === 0) break;
      if (jobs.some((job) => job && wasBegun(job))) return true;
    }
  }
  return false;
}
