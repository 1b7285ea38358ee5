import type { Job, Queue, Worker } from "bullmq";
import { messageOf } from "../errors/cola-error";
import { createLimitedLog } from "../logging/limited-log";
import type { Logger } from "../logging/logger";
import { openQueue, type RedisConnection } from "../queue/connection";
import { keepWithinBytes } from "../queue/kept-bytes";
import { redisTimeMs } from "../queue/redis-time";
import {
  dateEnd,
  type EndedFacts,
  type EndedQueue,
  FORGET_EVERY_MS,
  forgetPrivate,
  MEASURE_EVERY_MS,
  noteBegun,
  noteEnded,
  SEEN_SKEW_MS,
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

/** A wrong clock is said again after this long. */
const CLOCK_LOG_MS = 600_000;

const describeSkew = (skewMs: number) =>
  `this machine's clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? "ahead of" : "behind"} Redis's: delays, schedules and times of jobs are off; let both machines keep time by NTP (timedatectl set-ntp true)`;

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
  const clockLog = createLimitedLog(logger, CLOCK_LOG_MS);
  const unlessAway = (what: string, work: Promise<unknown>) =>
    void work.catch((error: unknown) => log.warn(`${name}: ${what}: ${messageOf(error)}`));
  const isForgetting = facts.kept === "private" || facts.isPrivate !== undefined;
  let skewMs = 0;
  const lookAndForget = async () => {
    const redisMs = await redisTimeMs(connection);
    skewMs = Date.now() - redisMs;
    if (Math.abs(skewMs) >= SEEN_SKEW_MS) clockLog.warn(`${name}: ${describeSkew(skewMs)}`, "clock");
    await forgetPrivate(ended, redisMs);
  };
  const forget = () => unlessAway("private jobs were not removed, it is tried again", lookAndForget());
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
          if (job) unlessAway("the end of a private job was not dated", dateEnd(ended, job, event, skewMs));
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
