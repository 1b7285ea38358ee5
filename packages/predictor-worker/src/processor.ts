import type { OpenQueue, RedisConnection } from "@colaml/shared/jobs/connection";
import type { PredictJob, PredictResult } from "@colaml/shared/jobs/predict";
import type { PredictChunkJob, PredictChunkResult, PredictDeadJob } from "@colaml/shared/jobs/predict-chunk";
import type { Processor } from "@colaml/shared/worker/job-context";
import type { FileJob } from "./batch/plan-batch";
import { predictFile } from "./batch/predict-file";
import type { BatchStep } from "./batch/run-batch";
import { predictTexts } from "./inline-texts";
import type { ModelSource } from "./model-cache";

export interface PredictOptions {
  models: ModelSource;
  chunks: OpenQueue<PredictChunkJob, PredictChunkResult>;
  dead: OpenQueue<PredictDeadJob>;
  /** For `transport: redis`. */
  redis: { connection: RedisConnection; prefix: string };
  /** Whether a `predict` job is still to be finished: it may hold an output. */
  isUnfinished: (jobId: string) => Promise<boolean>;
  settings: {
    chunkBytes: number;
    window: number;
    /** Every path must lie in here; empty: any. */
    dataDir: string;
  };
  clock: () => Date;
  /** Told of named moments; tests end the process there. */
  onStep?: (step: BatchStep) => void;
}

/**
 * The logic of the coordinator: a file to a file by way of chunk jobs, or a few texts at once.
 *
 * The job fails with INPUT_*, COLUMN_NOT_FOUND, OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE, TOO_MANY_REJECTED,
 * MODEL_*, PATH_NOT_ALLOWED for good, and with MLFLOW_UNREACHABLE or REDIS_* to be tried again. A batch that was
 * stopped, killed or ran out of disk goes on from its checkpoint when the same job, or the same request, runs again.
 */
export function createPredictProcessor(options: PredictOptions): Processor<PredictJob, PredictResult> {
  return async (job, context) =>
    job.texts === undefined
      ? predictFile(job as FileJob, context, options)
      : predictTexts(job.texts, job, options.models, options.clock);
}
