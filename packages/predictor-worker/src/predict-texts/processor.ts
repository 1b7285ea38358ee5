import type { PredictResult } from "@colaml/shared/contracts/predict";
import type { PredictTextsJob } from "@colaml/shared/contracts/predict-texts";
import type { Processor } from "@colaml/shared/worker/job-context";
import { predictTexts } from "../predict/inline-texts";
import type { ModelSource } from "../scoring/model-cache";

/**
 * The logic of `predict-texts`: a few texts, scored at once. Many jobs run at a time, so that what waits is fetched,
 * scored and answered together and not one after the other.
 *
 * The job fails with MODEL_* for good, and with MLFLOW_UNREACHABLE to be retried.
 *
 * @param models whose `resolve` is followed: MLflow is not asked for every job
 */
export function createTextsProcessor(
  models: ModelSource,
  clock: () => Date,
): Processor<PredictTextsJob, PredictResult> {
  return (job) => predictTexts(job.texts, job, models, clock);
}
