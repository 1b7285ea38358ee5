import type { Job, Queue, Worker } from "bullmq";
import { messageOf } from "../errors/cola-error";
import { createLimitedLog } from "../logging/limited-log";
import type { Logger } from "../logging/logger";
import { openQueue, type RedisConnection } from "../queue/connection";
import { keepWithinBytes } from "../queue/kept-bytes";
import {
  type EndedFacts,
  type EndedQueue,
  FORGET_EVERY_MS,
  forgetPrivate,
  MEASURE_EVERY_MS,
  noteBegun,
  noteEnded,
} from "../queue/retention";
import { storeResult } from "../queue/stored-result";
import type { ColaConfig } from "../settings/schema";

/** What a worker does about jobs that have ended, beside what BullMQ does by age. */
export interface EndedJobs {
  /** What the job returns: a large result is put beside it. */
  storeResult(job: Job, result: unknown): Promise<unknown>;
  /** Looks at the jobs of a worker from now on. */
  watch(worker: Worker): void;
  close(): Promise<void>;
}

interface Options {
  queue: EndedFacts & { readonly name: string };
  config: ColaConfig;
  logger: Logger;
}

const MIB = 1024 * 1024;

async function measureKept(ended: EndedQueue, { worker }: ColaConfig, logger: Logger): Promise<void> {
  const removed = await keepWithinBytes(ended, worker.keptMb * MIB);
  if (removed === 0) return;
  const { name } = ended.queue;
  logger.info(
    `${name}: ${removed} old jobs were removed: those that ended take ${worker.keptMb} MiB at most`,
  );
}

/** @param connection the worker's */
export function openEndedJobs(
  { queue: { name, ...facts }, config, logger }: Options,
  connection: RedisConnection,
): EndedJobs {
  const open = openQueue(name, { connection, redis: config.redis, logger });
  const { prefix } = config.redis;
  const ended: EndedQueue = { ...facts, queue: open.queue as unknown as Queue, connection, prefix };
  const log = createLimitedLog(logger);
  const unlessAway = (what: string, work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn(`${name}: ${what}: ${messageOf(error)}`));
  const isForgetting = facts.kept === "private" || facts.isPrivate !== undefined;
  const forget = () => unlessAway("private jobs were not removed, it is tried again", forgetPrivate(ended));
  const measure = () =>
    unlessAway("the memory of its jobs was not measured", measureKept(ended, config, logger));
  const measuring = facts.kept === undefined ? setInterval(measure, MEASURE_EVERY_MS).unref() : undefined;
  if (measuring) measure();
  const timer = isForgetting ? setInterval(forget, FORGET_EVERY_MS).unref() : undefined;
  if (isForgetting) forget();
  return {
    async storeResult(job, result) {
      // A parent reads the results of its children from the queue.
      if (facts.kept !== undefined || job.parent !== undefined || facts.isPrivate?.(job.data)) return result;
      const place = { connection, prefix, queue: name, jobId: job.id ?? "" };
      return storeResult(place, result).catch((error: unknown) => {
        log.warn(`${name}: the result of ${job.id} stays in its job: ${messageOf(error)}`);
        return result;
      });
    },
    watch(worker) {
      worker.on("active", (job) => unlessAway("a private job was not noted", noteBegun(ended, job)));
      for (const event of ["completed", "failed"] as const)
        worker.on(event, (job: Job | undefined) => {
          if (job?.id !== undefined && job.finishedOn !== undefined)
            unlessAway("older jobs of a schedule were not removed", noteEnded(ended, job.id));
        });
    },
    async close() {
      clearInterval(timer);
      clearInterval(measuring);
      await open.close();
    },
  };
}
