import type { McNemarResult } from "@colaml/shared/learning/comparison/mcnemar";
import { majorityScore } from "@colaml/shared/learning/comparison/skill-test";
import { championOf } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { LoadedModel } from "@colaml/shared/mlflow/load-model";
import type { Publication } from "../publication/publication";
import type { BootstrapInterval } from "./bootstrap-interval";
import { type ChampionEvidence, type ChampionVerdict, championVerdict } from "./champion-rule";
import { type ChampionMeeting, type MeetingOptions, meetChampion } from "./compare-with-champion";
import { countLooks } from "./looks";
import { rehearseChallenger } from "./rehearsal";

/** Everything the verdict rests on: `champion_verdict.json` in the run. */
export interface ChampionReport extends ChampionVerdict {
  model: string;
  /** The challenger. */
  version: string;
  settings: Publication["job"]["champion"];
  testRows: number;
  evidence: ChampionEvidence;
  /** Of the accuracy on the rows compared, one-sided. */
  mcnemar?: McNemarResult;
  /** Of the accuracy on the rows compared, challenger minus champion. */
  bootstrap?: BootstrapInterval;
  /** What a person should know beside the verdict. */
  notes: string[];
}

export type ChampionCheckOptions = MeetingOptions;

/**
 * The rehearsal before the alias moves: the challenger is downloaded from the registry as a predictor would, its
 * files' sha256 checked, its golden sample scored and compared bit for bit with what training saw; then it meets
 * the most frequent class, the threshold and the present champion on the same test rows. Moves nothing.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED, JOB_CANCELLED; a broken challenger is a verdict, no error
 */
export async function checkChampion(
  client: MlflowClient,
  publication: Publication,
  version: string,
  options: ChampionCheckOptions,
): Promise<ChampionReport> {
  const { job, summary } = publication;
  const rehearsed = await rehearseChallenger(client, publication, version, options.hmacKey);
  const meeting = rehearsed.challenger
    ? await meetPresent(client, publication, rehearsed.challenger, version, options)
    : { notes: [], broken: rehearsed.broken };
  const hasChampion = meeting.champion !== undefined;
  const looks = await countLooks(client, job.model, version, summary.datasetDigest, hasChampion);
  return judged(publication, version, meeting, looks);
}

/**
 * The report on a challenger, from what its training and the meeting with the champion gave. Pure.
 *
 * @param looks how often a challenger was judged on this file, this time included
 */
export function judged(
  { job, summary }: Pick<Publication, "job" | "summary">,
  version: string,
  { bootstrap, championTerms, notes, ...met }: ChampionMeeting,
  looks: number,
): ChampionReport {
  const { metric } = job.champion;
  const { skill, word } = summary.evidence ?? {};
  const { accuracy_score: accuracy, [metric]: challenger } = summary.metrics.test;
  const evidence: ChampionEvidence = {
    model: job.model,
    version,
    ...(challenger === undefined ? {} : { challenger }),
    ...(accuracy === undefined ? {} : { accuracy }),
    dummy: majorityScore(summary.testRowsOfClass, summary.majorityClass, metric),
    ...(skill ? { skill } : {}),
    // A champion that has the word was let in with it: the question was answered then.
    ...(word && !championTerms?.includes(word.term) ? { word } : {}),
    looks,
    ...met,
  };
  return {
    ...championVerdict(evidence, job.champion),
    model: job.model,
    version,
    settings: job.champion,
    testRows: summary.rows.test,
    evidence,
    ...(met.champion ? { mcnemar: met.champion.mcnemar } : {}),
    ...(bootstrap ? { bootstrap } : {}),
    notes,
  };
}

async function meetPresent(
  client: MlflowClient,
  publication: Publication,
  challenger: LoadedModel,
  version: string,
  options: ChampionCheckOptions,
): Promise<ChampionMeeting> {
  const present = await championOf(client, publication.job.model);
  if (!present || present.version === version) return { notes: [] };
  return meetChampion(client, publication, challenger, present, options);
}
