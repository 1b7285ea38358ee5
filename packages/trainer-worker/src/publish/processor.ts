import type { PublishJob, PublishResult } from "@colaml/shared/contracts/publish";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { CheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { Processor } from "@colaml/shared/worker/job-context";
import type { Publisher } from "./publisher";

/**
 * The logic of a `publish` job: what trainings and checks left on disk while MLflow was away is published now, in
 * order.
 *
 * @throws ColaError MLFLOW_UNREACHABLE if it still does not answer, MLFLOW_FAILED if it refuses what a person can mend
 */
export function createPublishProcessor(dependencies: {
  mlflow: MlflowClient;
  publisher: Publisher;
  checks: Omit<CheckPublisher, "publish">;
}): Processor<PublishJob, PublishResult> {
  const { mlflow, publisher, checks } = dependencies;
  return async (job, { signal }) => {
    await mlflow.ping();
    if (job.retry_refused) {
      await publisher.putBackRefused();
      await checks.putBackRefused();
    }
    const { published, waiting } = await publisher.publishWaiting(signal);
    if (waiting) throw new ColaError(waiting.code, `${waiting.entries} trainings wait: ${waiting.reason}`);
    const ofChecks = await checks.publishWaiting(signal);
    if (ofChecks.waiting) {
      const { entries, reason, code } = ofChecks.waiting;
      throw new ColaError(code, `${entries} checks wait: ${reason}`);
    }
    return {
      published: published.map(({ result: { runId, model, modelVersion, promoted, verdict } }) => ({
        runId,
        model,
        ...(modelVersion === undefined ? {} : { modelVersion }),
        promoted,
        verdict,
      })),
      checks: ofChecks.published.length,
      refused: [...(await publisher.refused()), ...(await checks.refused())],
    };
  };
}
