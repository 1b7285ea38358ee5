import type { ChampionSummary } from "@colaml/shared/contracts/train";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { PublishedModel } from "@colaml/shared/mlflow/publish-model";
import { CHAMPION } from "@colaml/shared/mlflow/registry-names";
import type { RunInfo } from "@colaml/shared/mlflow/runs";
import { DATASET_TAG, VERDICT_TAGS, verdictTags } from "@colaml/shared/mlflow/verdict-tags";
import { type ChampionCheckOptions, type ChampionReport, checkChampion } from "../champion/champion-check";
import type { Publication } from "../publication/publication";

/** Artifact of the run: the verdict with every number. */
const VERDICT_FILE = "champion_verdict.json";

/** A verdict that is in MLflow. */
export interface RecordedVerdict extends Pick<ChampionReport, "verdict" | "reason"> {
  at: Date;
  /** Absent if the verdict was recorded by an older release. */
  championCheck?: ChampionSummary;
  notes: string[];
}

/**
 * The verdict, judged now and recorded as artifact, metrics and tags; if a publication broke off after it, as it was
 * judged then.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED, JOB_CANCELLED
 */
export async function recordVerdict(
  client: MlflowClient,
  publication: Publication,
  { runId, version }: PublishedModel,
  options: ChampionCheckOptions,
): Promise<RecordedVerdict> {
  const run = await client.runs.get(runId);
  const known = await knownVerdict(client, run);
  if (known) return known;
  const report = await checkChampion(client, publication, version.version, options);
  const championCheck = championSummary(report);
  const at = new Date();
  const json = `${JSON.stringify({ alias: CHAMPION, championCheck, ...report }, null, 2)}\n`;
  await client.artifacts.upload(run.artifactUri, VERDICT_FILE, Buffer.from(json));
  const tags = verdictTags(championCheck, at);
  const datasetTag = { key: DATASET_TAG, value: publication.summary.datasetDigest };
  for (const tag of [datasetTag, ...tags])
    await client.registry.setVersionTag(publication.job.model, version.version, tag);
  await client.runs.log(runId, { tags, metrics: verdictMetrics(championCheck, at.getTime()) });
  const { verdict, reason, notes } = report;
  return { verdict, reason, at, championCheck, notes };
}

async function knownVerdict(
  client: MlflowClient,
  { tags, artifactUri }: RunInfo,
): Promise<RecordedVerdict | undefined> {
  const verdict = tags[VERDICT_TAGS.verdict];
  if (verdict !== "PROMOTE" && verdict !== "HOLD" && verdict !== "REJECT") return undefined;
  const reason = tags[VERDICT_TAGS.reason] ?? "";
  const at = new Date(tags[VERDICT_TAGS.at] ?? Date.now());
  const file = JSON.parse((await client.artifacts.download(artifactUri, VERDICT_FILE)).toString("utf8")) as {
    championCheck?: ChampionSummary;
    notes?: string[];
  };
  const { championCheck, notes = [] } = file;
  return { verdict, reason, at, notes, ...(championCheck ? { championCheck } : {}) };
}

/** The short form of a report. */
function championSummary({
  verdict,
  reason,
  forcedOver,
  settings,
  evidence,
}: ChampionReport): ChampionSummary {
  const { champion, skill, looks } = evidence;
  const { rule, metric, alpha } = settings;
  return {
    verdict,
    reason,
    rule,
    metric,
    alpha,
    looks,
    ...(champion
      ? {
          championVersion: champion.version,
          comparedRows: champion.rows,
          leftOutRows: champion.leftOut,
          ...(champion.test ? { pChampion: champion.test.p } : {}),
        }
      : {}),
    ...(skill?.test ? { pMajority: skill.test.p } : {}),
    ...(forcedOver === undefined ? {} : { forcedOver }),
  };
}

function verdictMetrics(check: ChampionSummary, timestamp: number) {
  const values = {
    compared_rows: check.comparedRows,
    left_out_of_comparison_rows: check.leftOutRows,
    champion_check_looks: check.looks,
    p_not_better_than_champion: check.pChampion,
    p_not_better_than_majority: check.pMajority,
  };
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, timestamp, step: 0 }],
  );
}
