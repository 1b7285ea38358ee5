import { existsSync } from "node:fs";
import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import { modelNameOf } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import type { RedisConnection } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { rememberedOutputs } from "@colaml/shared/queue/latest-predictions";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { z } from "zod";

/** Finished jobs that are looked through. */
const LOOKED_AT = 1_000;

/** Path of the latest finished predictions of a registered model. @throws ColaError INPUT_NOT_FOUND */
export type LatestPredictions = (model: string) => Promise<string>;

/**
 * Looks for them among the outputs that predictors remembered and that are still there. Predictors of older releases remember
 * none: what they finished since is found among the finished jobs of the queue.
 */
export function createLatestPredictions(
  connection: RedisConnection,
  redis: ColaConfig["redis"],
  logger: Logger,
): LatestPredictions {
  const { queue } = openJobQueue("predict", { connection, redis, logger });
  return async (model) => {
    const remembered = (await rememberedOutputs(connection, redis.prefix, model)).find(({ path }) =>
      existsSync(path),
    );
    const output = (await outputOfJobs(connection, queue, model, remembered?.at)) ?? remembered?.path;
    if (output !== undefined) return output;
    throw new ColaError(
      "INPUT_NOT_FOUND",
      `no finished prediction of the model ${model} is known: predict a file first, or name a file or predictions to check`,
    );
  };
}

const fileJobSchema = z.looseObject({ model: z.string(), output: z.string() });

/** Model and output of a job's payload; undefined if it names none, or another program wrote something else. */
function fileJobIn(json: string | null): z.infer<typeof fileJobSchema> | undefined {
  try {
    return fileJobSchema.safeParse(JSON.parse(json ?? "{}")).data;
  } catch {
    return undefined;
  }
}

/** The output of the newest job that finished after a time; payloads are read one by one, results not at all. */
async function outputOfJobs(
  connection: RedisConnection,
  queue: { toKey(id: string): string },
  model: string,
  after: number | undefined,
): Promise<string | undefined> {
  const min = after === undefined ? "-inf" : `(${after}`;
  const ids = await connection.zrevrangebyscore(queue.toKey("completed"), "+inf", min, "LIMIT", 0, LOOKED_AT);
  for (const id of ids) {
    const job = fileJobIn(await connection.hget(queue.toKey(id), "data"));
    if (job && modelNameOf(job.model) === model && existsSync(job.output)) return job.output;
  }
  return undefined;
}

/** The job with its rows named: one that names none is about the latest predictions of its model. */
export async function withRows(latest: LatestPredictions, job: MonitorJob): Promise<MonitorJob> {
  if (job.input !== undefined || job.predictions !== undefined) return job;
  return { ...job, predictions: await latest(modelNameOf(job.model)) };
}
