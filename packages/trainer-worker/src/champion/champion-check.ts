import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import { fileDigest } from "@colaml/shared/files/digest";
import { championOf } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type LoadedModel, loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import type { ModelVersion } from "@colaml/shared/mlflow/registry";
import { MANIFEST_FILE, manifestDigest } from "@colaml/shared/model/bundle-files";
import { createClassifier } from "@colaml/shared/model/classifier";
import { classificationMetrics, predictedClasses } from "@colaml/shared/model/metrics";
import { type Publication, probabilitiesDigest } from "../publishing/publication";
import { type BootstrapInterval, bootstrapInterval } from "./bootstrap-interval";
import {
  type ChampionEvidence,
  type ChampionVerdict,
  championVerdict,
  majorityClassDummy,
} from "./champion-rule";
import { GOLDEN_SAMPLE_FILE, goldenSampleDifference, parseGoldenSample } from "./golden-sample";
import { type McNemarResult, mcnemarTest } from "./mcnemar";
import { scoreTestRows } from "./score-test-rows";

/** Everything the verdict rests on: `champion_verdict.json` in the run. */
export interface ChampionReport extends ChampionVerdict {
  model: string;
  /** The challenger. */
  version: string;
  settings: Publication["job"]["champion"];
  testRows: number;
  evidence: ChampionEvidence;
  mcnemar?: McNemarResult;
  /** Of the accuracy, challenger minus champion. */
  bootstrap?: BootstrapInterval;
  /** What a person should know beside the verdict. */
  notes: string[];
}

export interface ChampionCheckOptions {
  /** Where model versions are kept on disk. */
  cacheDir: string;
  hmacKey: string;
  signal: AbortSignal;
}

type Comparison = Pick<ChampionReport, "mcnemar" | "bootstrap" | "notes"> &
  Pick<ChampionEvidence, "champion" | "championUnscored" | "broken">;

/**
 * The rehearsal before the alias moves: the challenger is downloaded from the registry as a predictor would, its
 * files' sha256 checked, its golden sample scored and compared bit for bit with what training saw; then it meets
 * the majority class, the threshold and the present champion on the same test rows. Moves nothing.
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
  const { metric } = job.champion;
  const rehearsed = await rehearse(client, publication, version, options);
  const compared: Comparison = rehearsed.challenger
    ? await compareWithChampion(client, publication, rehearsed.challenger, version, options)
    : { notes: [], broken: rehearsed.broken };
  const { mcnemar, bootstrap, notes, ...against } = compared;
  const evidence: ChampionEvidence = {
    challenger: summary.metrics.test[metric],
    accuracy: summary.metrics.test.accuracy_score,
    dummy: majorityClassDummy(summary.testRowsOfClass, summary.majorityClass, metric),
    ...against,
    ...(mcnemar ? { mcnemarP: mcnemar.p } : {}),
  };
  return {
    ...championVerdict(evidence, job.champion),
    model: job.model,
    version,
    settings: job.champion,
    testRows: summary.rows.test,
    evidence,
    ...(mcnemar ? { mcnemar } : {}),
    ...(bootstrap ? { bootstrap } : {}),
    notes,
  };
}

/** Downloads the challenger anew, into a folder that nobody has used, and tries it. */
async function rehearse(
  client: MlflowClient,
  { job, model }: Publication,
  version: string,
  { hmacKey }: ChampionCheckOptions,
): Promise<{ challenger?: LoadedModel; broken?: string }> {
  const cacheDir = await mkdtemp(join(tmpdir(), "colaml-rehearsal-"));
  try {
    const pinned = await resolveModel(client, `models:/${job.model}/${version}`);
    const challenger = await loadModel(client, pinned, { cacheDir, hmacKey });
    const manifest = manifestDigest(challenger.files.get(MANIFEST_FILE)!);
    if (manifest !== manifestDigest(model!.files.get(MANIFEST_FILE)!))
      return { broken: "the registry's files are not those that were trained" };
    const golden = parseGoldenSample(challenger.files.get(GOLDEN_SAMPLE_FILE) ?? new Uint8Array());
    const classifier = createClassifier(challenger.bundle);
    const out = new Float64Array(classifier.classes.length);
    const broken = goldenSampleDifference(golden, (text) => {
      classifier.predict(text, out);
      return out;
    });
    return broken === undefined ? { challenger } : { broken };
  } catch (error) {
    const { code, message } = toColaError(error);
    if (code !== "MODEL_CORRUPT") throw error;
    return { broken: message };
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function compareWithChampion(
  client: MlflowClient,
  publication: Publication,
  challenger: LoadedModel,
  version: string,
  options: ChampionCheckOptions,
): Promise<Comparison> {
  const present = await championOf(client, publication.job.model);
  if (!present || present.version === version) return { notes: [] };
  const loaded = await loadChampion(client, present, options);
  if (typeof loaded === "string") {
    return { notes: [`champion version ${present.version} cannot be loaded and does not count: ${loaded}`] };
  }
  const reason = await incomparable(publication, challenger, loaded);
  if (reason !== undefined) return { championUnscored: { version: present.version, reason }, notes: [] };
  return compareOnTestRows(publication, challenger, loaded, options.signal);
}

/** The present champion, or why it cannot be loaded: a champion that is broken keeps nobody out. */
async function loadChampion(
  client: MlflowClient,
  present: ModelVersion,
  { cacheDir, hmacKey }: ChampionCheckOptions,
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
  const [ours, theirs] = [challenger.bundle.classes, champion.bundle.classes];
  if (ours.length !== theirs.length || ours.some((label, k) => label !== theirs[k]))
    return `its classes are ${theirs.join(", ")}, the challenger's ${ours.join(", ")}`;
  try {
    if ((await fileDigest(job.dataset.path)) === summary.datasetDigest) return undefined;
    return "the dataset has changed since the training, its test rows are gone";
  } catch (error) {
    return `the dataset cannot be read any more: ${messageOf(error)}`;
  }
}

async function compareOnTestRows(
  { job, summary }: Publication,
  challenger: LoadedModel,
  champion: LoadedModel,
  signal: AbortSignal,
): Promise<Comparison> {
  const bundles = [challenger.bundle, champion.bundle];
  const { plan, classOf, probabilities } = await scoreTestRows(job, bundles, signal);
  const [ours, theirs] = probabilities as [Float64Array, Float64Array];
  if (probabilitiesDigest(ours) !== summary.probabilitiesDigest)
    return { notes: [], broken: "the downloaded model scores the test rows differently than training did" };
  const scored = (values: Float64Array) => ({
    classes: plan.classes,
    labels: classOf,
    probabilities: values,
  });
  const [a, b] = [predictedClasses(scored(ours)), predictedClasses(scored(theirs))];
  let challengerOnly = 0;
  let championOnly = 0;
  classOf.forEach((actual, row) => {
    if (a[row] === actual && b[row] !== actual) challengerOnly++;
    if (b[row] === actual && a[row] !== actual) championOnly++;
  });
  const value = classificationMetrics(scored(theirs))[job.champion.metric];
  return {
    champion: { version: champion.pinned.version, value },
    mcnemar: mcnemarTest(challengerOnly, championOnly),
    bootstrap: bootstrapInterval(challengerOnly, championOnly, classOf.length, job.split.random_seed),
    notes: [],
  };
}
