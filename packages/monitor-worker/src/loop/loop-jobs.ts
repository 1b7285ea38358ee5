import type { Logger } from "@colaml/shared/logging/logger";
import { openQueue, type RedisConnection } from "@colaml/shared/queue/connection";
import { readJob } from "@colaml/shared/queue/stored-jobs";
import { readReturned } from "@colaml/shared/queue/stored-result";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { z } from "zod";
import type { LoopDependencies } from "./loop-dependencies";

/** What the loop reads of a training's result; absent members are as `TrainResult` says. */
const resultSchema = z.object({
  promoted: z.boolean(),
  modelVersion: z.string().optional(),
  runId: z.string(),
});

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
      const job = await readJob(queues[name], jobId);
      if (!job) return { state: "failed", reason: "the job is gone from the queue" };
      const state = await job.getState();
      if (state === "failed") return { state, reason: job.failedReason };
      if (state !== "completed") return { state: "running" };
      const place = { connection, prefix: redis.prefix, queue: name, jobId };
      const result: unknown = await readReturned(place, job.returnvalue);
      if (result === undefined) return { state: "failed", reason: "the result of the job is gone" };
      const parsed = resultSchema.safeParse(result);
      if (!parsed.success) return { state: "failed", reason: "its result is not one of a training" };
      const { promoted, modelVersion, runId } = parsed.data;
      return {
        state: "done",
        promoted,
        runId,
        ...(modelVersion === undefined ? {} : { version: modelVersion }),
      };
    },
  };
}
