import { ColaError } from "@colaml/shared/errors/cola-error";
import type { PublishJob, PublishResult } from "@colaml/shared/jobs/publish";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { Processor } from "@colaml/shared/worker/job-context";
import type { Publisher } from "./publisher";

/**
 * The logic of a `publish` job: what trainings left on disk while MLflow was away is published now, in order.
 *
 * @throws ColaError MLFLOW_UNREACHABLE where it still does not answer
 */
export function createPublishProcessor(dependencies: {
  mlflow: MlflowClient;
  publisher: Publisher;
}): Processor<PublishJob, PublishResult> {
  const { mlflow, publisher } = dependencies;
  return async (_job, { signal }) => {
    await mlflow.ping();
    const { published, waiting, refused } = await publisher.publishWaiting(signal);
    if (waiting)
      throw new ColaError("MLFLOW_UNREACHABLE", `${waiting.entries} trainings wait: ${waiting.reason}`);
    return {
      published: published.map(({ result: { runId, model, modelVersion, promoted, verdict } }) => ({
        runId,
        model,
        ...(modelVersion === undefined ? {} : { modelVersion }),
        promoted,
        verdict,
      })),
      refused,
    };
  };
}
