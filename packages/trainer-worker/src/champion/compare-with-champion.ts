import { messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import { fileDigest } from "@colaml/shared/files/digest";
import { compareModels } from "@colaml/shared/learning/comparison/compare-models";
import { majorityScore } from "@colaml/shared/learning/comparison/skill-test";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import {
  parseReferenceProfile,
  REFERENCE_PROFILE_FILE,
} from "@colaml/shared/learning/model/reference-profile";
import { termLabels } from "@colaml/shared/learning/text/term-label";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type LoadedModel, loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { describeTextColumns } from "@colaml/shared/settings/text-columns";
import { type Publication, probabilitiesDigest } from "../publication/publication";
import { pickRows } from "../training/training-evidence";
import { type BootstrapInterval, bootstrapInterval } from "./bootstrap-interval";
import type { ChampionComparison, ChampionEvidence } from "./champion-rule";
import { otherClasses } from "./other-classes";
import { type ScoredTestRows, scoreTestRows } from "./score-test-rows";
import { seenByModels } from "./seen-by-models";

/** What came of comparing the challenger with the present champion. */
export interface ChampionMeeting extends Pick<ChampionEvidence, "champion" | "championUnscored" | "broken"> {
  /** Of the accuracy, challenger minus champion, on the rows compared. */
  bootstrap?: BootstrapInterval;
  /** The terms of a champion that was compared. */
  championTerms?: readonly string[];
  notes: string[];
}

export interface MeetingOptions {
  /** Where model versions are kept on disk. */
  cacheDir: string;
  hmacKey: string;
  signal: AbortSignal;
}

/**
 * Scores the challenger and the present champion on the test rows, from their texts, and compares them on the rows
 * that neither was trained on.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED, JOB_CANCELLED
 */
export async function meetChampion(
  client: MlflowClient,
  publication: Publication,
  challenger: LoadedModel,
  present: ModelVersion,
  options: MeetingOptions,
): Promise<ChampionMeeting> {
  const champion = await loadChampion(client, present, options);
  if (typeof champion === "string") {
    return {
      notes: [`champion version ${present.version} cannot be loaded and does not count: ${champion}`],
    };
  }
  const reason = await incomparable(publication, challenger, champion);
  if (reason !== undefined) return { championUnscored: { version: present.version, reason }, notes: [] };
  const { filters, unfair } = await seenByModels(client, publication, challenger, champion, options.hmacKey);
  const bundles = [challenger.bundle, champion.bundle];
  const scored = await scoreTestRows(publication.job, bundles, filters, options.signal);
  if (probabilitiesDigest(scored.probabilities[0]!) !== publication.summary.probabilitiesDigest)
    return { notes: [], broken: "the downloaded model scores the test rows differently than training did" };
  return compareScored(publication, champion, scored, unfair);
}

/** The present champion, or why it cannot be loaded: a champion that is broken keeps nobody out. */
async function loadChampion(
  client: MlflowClient,
  present: ModelVersion,
  { cacheDir, hmacKey }: MeetingOptions,
): Promise<LoadedModel | string> {
  try {
    const pinned = await resolveModel(client, `models:/${present.name}/${present.version}`);
    return await loadModel(client, pinned, { cacheDir, hmacKey });
  } catch (error) {
    const { code, message } = toColaError(error);
    if (code === "MODEL_CORRUPT" || code === "MODEL_NOT_FOUND") return message;
    throw error;
  }
}

async function incomparable(
  { job, summary }: Publication,
  challenger: LoadedModel,
  champion: LoadedModel,
): Promise<string | undefined> {
  const differ = otherClasses(champion.bundle.classes, challenger.bundle.classes);
  if (differ !== undefined) return differ;
  try {
    if ((await fileDigest(job.dataset.path)) === summary.datasetDigest) return undefined;
    return "the dataset has changed since the training, its test rows are gone";
  } catch (error) {
    return `the dataset cannot be read any more: ${messageOf(error)}`;
  }
}

/**
 * The comparison on those of the scored rows that no filter knows. Pure.
 *
 * @param scored first the challenger's probabilities, then the champion's
 * @param unfair why nobody knows which rows the champion was trained on
 */
export function compareScored(
  { job, summary }: Pick<Publication, "job" | "summary">,
  champion: LoadedModel,
  scored: ScoredTestRows,
  unfair?: string,
): ChampionMeeting {
  const { plan, classOf, probabilities, seen } = scored;
  const { classes } = plan;
  const kept = Uint32Array.from(seen.keys()).filter((row) => seen[row] === 0);
  const [ours, theirs] = probabilities.map((values) => pickRows(classOf, values, classes.length, kept));
  const { labels } = ours!;
  const seed = job.split.random_seed;
  const rows = { classes, labels, challenger: ours!.probabilities, champion: theirs!.probabilities };
  const comparison = compareModels(rows, job.champion.metric, seed);
  const rowsOfClass = new Array<number>(classes.length).fill(0);
  for (const label of labels) rowsOfClass[label]!++;
  const { challengerOnly, championOnly } = comparison.mcnemar;
  const promotedWith = promotedWithOf(champion);
  const meeting: ChampionComparison = {
    ...comparison,
    version: champion.pinned.version,
    leftOut: classOf.length - kept.length,
    majority: majorityScore(rowsOfClass, summary.majorityClass, job.champion.metric),
    accuracy: {
      champion:
        classificationMetrics({ classes, labels, probabilities: theirs!.probabilities }).accuracy_score ?? 0,
      majority: majorityScore(rowsOfClass, summary.majorityClass, "accuracy_score"),
    },
    ...(promotedWith ? { promotedWith } : {}),
    ...(unfair === undefined ? {} : { unfair }),
  };
  return {
    champion: meeting,
    championTerms: termLabels(champion.bundle),
    ...(kept.length > 0
      ? { bootstrap: bootstrapInterval(challengerOnly, championOnly, kept.length, seed) }
      : {}),
    notes: [unfair, otherColumns(job, champion)].flatMap((reason) =>
      reason === undefined ? [] : [`champion version ${champion.pinned.version}: ${reason}`],
    ),
  };
}

/** A champion of other text columns is scored on the challenger's, which it may not be made for. */
function otherColumns({ columns }: Publication["job"], { bundle }: LoadedModel): string | undefined {
  const [ours, theirs] = [columns, bundle.columns].map(({ text }) => describeTextColumns(text));
  if (ours === theirs) return undefined;
  return `it was trained on ${theirs} and compared on ${ours}, the challenger's: it may be better on its own`;
}

/** What the champion reached on its own test rows, and the share of the most frequent class among its held-out rows. */
function promotedWithOf({ files }: LoadedModel): ChampionComparison["promotedWith"] {
  const file = files.get(REFERENCE_PROFILE_FILE);
  if (file === undefined) return undefined;
  const { quality, labels } = parseReferenceProfile(file);
  const accuracy = quality.metrics.accuracy_score;
  const held = labels.actual.reduce((sum, rows) => sum + rows, 0);
  if (accuracy === undefined || held === 0) return undefined;
  return { accuracy, rows: quality.rows, majority: Math.max(...labels.actual) / held };
}
