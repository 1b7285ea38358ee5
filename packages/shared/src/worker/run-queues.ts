import {
  CATALOGUE,
  type JobOf,
  type QueueOf,
  queuesOf,
  type ResultOf,
  type WorkerName,
} from "../contracts/catalogue";
import { type RunWorkerOptions, runWorker, type WorkedQueue } from "./run-worker";
import type { WorkerProcess } from "./worker-process";

/** What a worker does with the jobs of one queue. */
export type QueueWork<Payload, Result> = Pick<RunWorkerOptions<Payload, Result>, "processor" | "abandon">;

/** For every queue that the catalogue gives a worker, what it does: made only if the process runs the queue. */
export type WorkOf<Worker extends WorkerName> = {
  readonly [Queue in QueueOf<Worker>]: () => QueueWork<JobOf<Queue>, ResultOf<Queue>>;
};

/**
 * Runs the queues that the catalogue gives a worker, one after the other in the order of the catalogue, until the
 * process stops. The type of `work` lets no queue be forgotten, and none be run that is another worker's.
 *
 * @param only runs these; absent: all
 * @throws ColaError REDIS_REFUSED for a wrong password, missing rights or an eviction policy
 * @example
 * await runQueues("trainer", { train: () => ({ processor }), tune: () => ({ processor: tune }), ... }, worker);
 */
export async function runQueues<Worker extends WorkerName>(
  worker: Worker,
  work: WorkOf<Worker>,
  process: WorkerProcess,
  only: ReadonlySet<string> = new Set(queuesOf(worker)),
): Promise<void> {
  for (const name of queuesOf(worker).filter((queue) => only.has(queue))) {
    const queue = CATALOGUE[name] as WorkedQueue<object, unknown>;
    // What a queue's schema parses is what its work takes: the type of `work` says so.
    const { processor, abandon } = (work[name] as () => unknown)() as QueueWork<object, unknown>;
    await runWorker({ ...process, queue, processor, ...(abandon && { abandon }) });
  }
}
