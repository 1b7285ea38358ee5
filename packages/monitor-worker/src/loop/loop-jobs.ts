import type { TrainResult } from "@colaml/shared/contracts/train";
import type { TuneResult } from "@colaml/shared/contracts/tune";
import type { Logger } from "@colaml/shared/logging/logger";
import { openQueue, type RedisConnection } from "@colaml/shared/queue/connection";
import { readReturned } from "@colaml/shared/queue/stored-result";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { LoopDependencies } from "./loop-dependencies";

/** The training jobs of the loop, on the queues that any trainer takes them from. */
export function createLoopJobs(
  connection: RedisConnection,
  redis: ColaConfig["redis"],
  logger: Logger,
): Pick<LoopDependencies, "startJob" | "outcomeOf" | "logJob"> {
  const options = { connection, redis, logger };
  const queues = {
    train: openQueue("train", options).queue,
    tune: openQueue("tune", options).queue,
    monitor: openQueue("monitor", options).queue,
  };
  return {
    startJob: async (name, payload, jobId) => void (await queues[name].add(name, payload, { jobId })),
    logJob: async (name, jobId, line) => void (await queues[name].addJobLog(jobId, line)),
    async outcomeOf(name, jobId) {
      const job = await queues[name].getJob(jobId);
      if (!job) return { state: "failed", reason: "the job is gone from the queue" };
      const state = await job.getState();
      if (state === "failed") return { state, reason: job.failedReason };
      if (state !== "completed") return { state: "running" };
      const place = { connection, prefix: redis.prefix, queue: name, jobId };
      const result = (await readReturned(place, job.returnvalue)) as TrainResult | TuneResult | undefined;
      if (result === undefined) return { state: "failed", reason: "the result of the job is gone" };
      const { promoted, modelVersion, runId } = result;
      return {
        state: "done",
        promoted,
        runId,
        ...(modelVersion === undefined ? {} : { version: modelVersion }),
      };
    },
  };
}
