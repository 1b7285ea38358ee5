import type { PredictResult } from "@colaml/shared/contracts/predict";
import type { PredictTextsJob } from "@colaml/shared/contracts/predict-texts";
import type { Processor } from "@colaml/shared/worker/job-context";
import { predictTexts } from "../predict/inline-texts";
import type { ModelSource } from "../scoring/model-cache";
import type { PredictionMetrics } from "../scoring/prediction-metrics";

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
  metrics: Pick<PredictionMetrics, "textsScored">,
): Processor<PredictTextsJob, PredictResult> {
  return async (job) => {
    const result = await predictTexts(job.texts, job, models, clock);
    metrics.textsScored(result.rows);
    return result;
  };
}
