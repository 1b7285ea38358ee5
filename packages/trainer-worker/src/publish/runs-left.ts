import type { ColaError } from "@colaml/shared/errors/cola-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { RUN_TAGS } from "@colaml/shared/mlflow/run-tags";

/** Runs that killed attempts of one job can have left: one each, and few attempts are given. */
const MAX_LEFT = 10;

/**
 * Ends the runs that killed attempts of a job left running: as KILLED, or, with the reason, as FAILED if the job failed
 * for good.
 *
 * @throws ColaError MLFLOW_UNREACHABLE
 */
export async function endRunsLeft(
  { runs }: MlflowClient,
  experimentId: string,
  jobKey: string,
  reason?: ColaError,
): Promise<void> {
  const left = await runs.search([experimentId], `tags.\`${RUN_TAGS.job}\` = '${jobKey}'`, MAX_LEFT);
  for (const { runId, status } of left) {
    if (status !== "RUNNING") continue;
    if (reason) {
      const value = `${reason.code}: ${reason.message}`;
      await runs.log(runId, { tags: [{ key: RUN_TAGS.failure, value }] });
    }
    const isFailure = reason !== undefined && reason.code !== "JOB_CANCELLED";
    await runs.finish(runId, isFailure ? "FAILED" : "KILLED", Date.now());
  }
}
