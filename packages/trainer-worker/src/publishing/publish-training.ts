import type { TrainResult } from "@colaml/shared/jobs/train";
import { CHAMPION, championOf, promote } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type PublishedModel, publishModel, publishRun } from "@colaml/shared/mlflow/publish-model";
import { type ChampionCheckOptions, type ChampionReport, checkChampion } from "../champion/champion-check";
import type { Publication } from "./publication";

/** Artifact of the run: the verdict with every number. */
export const VERDICT_FILE = "champion_verdict.json";
const VERDICT_TAG = "colaml.verdict";
const REASON_TAG = "colaml.verdict_reason";
/** When it was judged: a promotion that breaks off goes on with the same time. */
const JUDGED_TAG = "colaml.verdict_at";

/**
 * Puts a finished training into MLflow: run, model, registered version; then the champion check, its verdict as
 * artifact and tags, and the alias where the verdict is PROMOTE. Every step may be done again: after a failure the
 * same publication is published once more and nothing is there twice.
 *
 * @throws ColaError MLFLOW_UNREACHABLE (publish again later), MLFLOW_FAILED, JOB_CANCELLED
 */
export async function publishTraining(
  client: MlflowClient,
  publication: Publication,
  options: ChampionCheckOptions,
): Promise<TrainResult> {
  const { job, record, model, summary } = publication;
  const facts = {
    model: job.model,
    metrics: summary.metrics,
    rows: summary.rows,
    rejectedByReason: summary.rejectedByReason ?? {},
    notes: summary.notes ?? [],
    seconds: summary.seconds,
  };
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
  const report = await reportOf(client, publication, published, options);
  if (report.verdict === "PROMOTE") {
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
    verdict: `${report.verdict}: ${report.reason}`,
  };
}

/** The verdict, judged now or, where a publication broke off after it, as it was judged. */
async function reportOf(
  client: MlflowClient,
  publication: Publication,
  { runId, version }: PublishedModel,
  options: ChampionCheckOptions,
): Promise<Pick<ChampionReport, "verdict" | "reason"> & { at: Date }> {
  const { tags, artifactUri } = await client.runs.get(runId);
  const known = tags[VERDICT_TAG];
  if (known === "PROMOTE" || known === "HOLD" || known === "REJECT")
    return { verdict: known, reason: tags[REASON_TAG] ?? "", at: new Date(tags[JUDGED_TAG] ?? Date.now()) };
  const report = await checkChampion(client, publication, version.version, options);
  const json = `${JSON.stringify({ alias: CHAMPION, ...report }, null, 2)}\n`;
  await client.artifacts.upload(artifactUri, VERDICT_FILE, Buffer.from(json));
  const at = new Date();
  const verdictTags = [
    { key: VERDICT_TAG, value: report.verdict },
    { key: REASON_TAG, value: report.reason },
    { key: JUDGED_TAG, value: at.toISOString() },
  ];
  for (const tag of verdictTags)
    await client.registry.setVersionTag(publication.job.model, version.version, tag);
  await client.runs.log(runId, { tags: verdictTags });
  return { verdict: report.verdict, reason: report.reason, at };
}
