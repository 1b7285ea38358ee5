import { existsSync } from "node:fs";
import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import { modelNameOf } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import type { RedisConnection } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import type { ColaConfig } from "@colaml/shared/settings/schema";

/** Finished jobs that are looked through. */
const LOOKED_AT = 1_000;

/** Path of the latest finished predictions of a registered model. @throws ColaError INPUT_NOT_FOUND */
export type LatestPredictions = (model: string) => Promise<string>;

/** Looks for them among the finished jobs of the `predict` queue whose output is still there. */
export function createLatestPredictions(
  connection: RedisConnection,
  redis: ColaConfig["redis"],
  logger: Logger,
): LatestPredictions {
  const { queue } = openJobQueue("predict", { connection, redis, logger });
  return async (model) => {
    // newest first
    for (const job of await queue.getCompleted(0, LOOKED_AT)) {
      const { output } = job.data;
      if (output === undefined || modelNameOf(job.data.model) !== model) continue;
      if (existsSync(output)) return output;
    }
    throw new ColaError(
      "INPUT_NOT_FOUND",
      `no finished prediction of the model ${model} is known: predict a file first, or name a file or predictions to check`,
    );
  };
}

/** The job with its rows named: one that names none is about the latest predictions of its model. */
export async function withRows(latest: LatestPredictions, job: MonitorJob): Promise<MonitorJob> {
  if (job.input !== undefined || job.predictions !== undefined) return job;
  return { ...job, predictions: await latest(modelNameOf(job.model)) };
}
