import type { PredictJob, PredictResult } from "@colaml/shared/contracts/predict";
import type { JobContext, Processor } from "@colaml/shared/worker/job-context";
import type { FileJob } from "./batch";
import { predictTexts } from "./inline-texts";
import { abandonFile, predictFile } from "./predict-file";
import type { PredictOptions } from "./predict-options";

/**
 * The logic of the coordinator: a file to a file by way of chunk jobs, or a few texts at once.
 *
 * The job fails with INPUT_*, COLUMN_NOT_FOUND, OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE, TOO_MANY_REJECTED,
 * MODEL_*, PATH_NOT_ALLOWED for good, and with MLFLOW_UNREACHABLE or REDIS_* to be retried. A batch that was
 * stopped, killed or ran out of disk resumes from its checkpoint when the same job, or the same request, runs again.
 */
export function createPredictProcessor(options: PredictOptions): Processor<PredictJob, PredictResult> {
  return async (job, context) =>
    job.texts === undefined
      ? predictFile(job as FileJob, context, options)
      : predictTexts(job.texts, job, options.models, options.clock);
}

/** Puts away what earlier attempts at a job left that is not run again; a few texts leave nothing. */
export async function abandonPrediction(
  job: PredictJob,
  context: JobContext,
  options: PredictOptions,
): Promise<void> {
  if (job.texts === undefined) await abandonFile(job as FileJob, context, options);
}
