import type { TrainResult } from "@colaml/shared/contracts/train";
import { championOf, promote } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { publishModel, publishRun } from "@colaml/shared/mlflow/publish-model";
import { PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import type { ChampionCheckOptions } from "../champion/champion-check";
import { factsOf, type Publication } from "../publication/publication";
import { recordVerdict } from "./record-verdict";

/**
 * Puts a finished training into MLflow: run, model, registered version; then the champion check, its verdict as
 * artifact and tags, and the alias if the verdict is PROMOTE. Every step may be done again: after a failure the
 * same publication is published once more and nothing is there twice.
 *
 * @throws ColaError MLFLOW_UNREACHABLE (publish again later), MLFLOW_FAILED, JOB_CANCELLED
 */
export async function publishTraining(
  client: MlflowClient,
  publication: Publication,
  options: ChampionCheckOptions,
): Promise<TrainResult> {
  const { job, record, model } = publication;
  const facts = factsOf(publication);
  if (model === undefined) {
    const { runId, experimentId } = await publishRun(client, record);
    return {
      ...facts,
      runId,
      runUrl: client.runUrl(experimentId, runId),
      promoted: false,
      verdict: "a trial: its run is recorded, no model is published",
    };
  }
  const published = await publishModel(client, record, model);
  const { version } = published.version;
  const report = await recordVerdict(client, publication, published, options);
  // A payload that an older release kept on disk does not say: it promotes.
  const promotes = job.promote !== false;
  if (promotes && report.verdict === "PROMOTE") {
    const { at, reason } = report;
    await promote(client, job.model, version, reason, { at, hmacKey: options.hmacKey });
  }
  const champion = await championOf(client, job.model);
  return {
    ...facts,
    runId: published.runId,
    runUrl: client.runUrl(published.experimentId, published.runId),
    modelVersion: version,
    promoted: champion?.version === version,
    ok: !job.requirePromotion || report.verdict === "PROMOTE",
    decision: report.verdict,
    verdict: `${report.verdict}: ${report.reason}${promotes ? "" : " (not promoted, as asked for)"}`,
    ...(champion ? { championVersion: champion.version } : {}),
    ...(champion?.version === version ? await previousOf(client, job.model, version) : {}),
    ...(report.championCheck ? { championCheck: report.championCheck } : {}),
    notes: [...facts.notes, ...report.notes],
  };
}

/** What a rollback from this champion goes to: nothing after a first promotion. */
async function previousOf(
  client: MlflowClient,
  model: string,
  version: string,
): Promise<Pick<TrainResult, "previousVersion">> {
  const previous = await client.registry.versionOfAlias(model, PREVIOUS);
  return previous && previous.version !== version ? { previousVersion: previous.version } : {};
}
