import type { JobProgress } from "@colaml/shared/contracts/progress";
import type { BestPreset, ChosenPenalty, TrainJob } from "@colaml/shared/contracts/train";
import { fileDigest } from "@colaml/shared/files/digest";
import type { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { PART } from "@colaml/shared/learning/data/split";
import { boost } from "@colaml/shared/learning/model/boosting";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import { ensembleToXgboostBytes } from "@colaml/shared/learning/model/ensemble-json";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { BoostResult, LabelledRows } from "@colaml/shared/learning/model/training-input";
import type { CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";
import { featureParts, partColumns, profiledPart } from "@colaml/shared/learning/text/feature-parts";
import { type LanguageGuess, LanguageGuesser } from "@colaml/shared/learning/text/language-guess";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import type { ClassificationMetrics } from "@colaml/shared/metrics/metric-table";
import { type DatasetReader, readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";
import { checkDecisionSettings, type DecisionReport, type Decisions, decide } from "../decisions/decide";
import { buildReferenceProfile } from "../profile/build-reference-profile";
import { orderNotes } from "../profile/label-order";
import { nextTurn, scoreRows } from "../scoring/score-rows";
import type { ScoredRows } from "../scoring/scored-rows";
import { BoostingTime } from "./boosting-time";
import { boostByValidation } from "./choose-penalty";
import { checkTrainerMemory } from "./data/check-trainer-memory";
import { languageNotes } from "./data/language-note";
import type { RowPlan } from "./data/plan-rows";
import { planWithinMemory } from "./data/plan-within-memory";
import { withStopWords } from "./data/read-stop-words";
import { type PartRows, readTrainingData, type TrainingData } from "./data/read-training-data";
import { tryBestPreset } from "./try-best-preset";

export interface TrainingHooks {
  progress: (progress: JobProgress) => void;
  signal: AbortSignal;
  /** MiB the trainer may take for its matrix. */
  maxMemoryMb: number;
  /** The data is sound and the boosting begins: the last moment to refuse without a trace. */
  onPlanned?: (plan: RowPlan) => Promise<void>;
  onIteration?: (iteration: BoostIteration) => void;
}

/** The test rows. */
export interface TestRows extends ScoredRows {
  /** Their features. */
  matrix: CsrMatrix;
  /** 1 for each row whose text stands in the training or validation rows as well. */
  seen: Uint8Array;
}

/** A trained and evaluated model, not yet published. */
export interface TrainedModel {
  bundle: ModelBundle;
  /** Its trees or weights in XGBoost's JSON format; absent for a trial, which keeps no model. */
  ensembleBytes?: Uint8Array;
  plan: RowPlan;
  /** Rows of the file that were left out, by reason. */
  rejected: DatasetReader["rejected"];
  /** What a person should know of the file and of how it was read; a line each. */
  notes: string[];
  boosting: Omit<BoostResult, "ensemble">;
  /** Penalty and rounds if they were chosen on the validation rows. */
  chosen?: ChosenPenalty;
  /** What the preset best gives on the validation rows, if it was tried. */
  bestPreset?: BestPreset;
  metrics: { validation: ClassificationMetrics; test: ClassificationMetrics };
  /** What calibration and decision rule are worth; nothing in it if nothing was asked for. */
  decisions: DecisionReport;
  test: TestRows;
  /** Fingerprints of the texts of the training and validation rows. */
  seen: FingerprintSet;
  profile: ReferenceProfile;
  /** What the training rows seem to be written in. */
  language: LanguageGuess | undefined;
  /** sha256 of the dataset's file. */
  datasetDigest: string;
  seconds: number;
}

/**
 * Reads, splits, fits, boosts and evaluates. Nothing is written anywhere.
 *
 * @throws ColaError what the data, the settings or the trainer's memory do not allow; JOB_CANCELLED
 */
export async function trainModel(job: TrainJob, hooks: TrainingHooks): Promise<TrainedModel> {
  const started = performance.now();
  const { columns } = job;
  // Refused before the file is read.
  compileTokenPattern(job.features.token_pattern);
  const features = await withStopWords(job.features);
  const reader = readDataset(job.dataset, { text: columns.text, label: columns.label });
  hooks.progress({ stage: "read" });
  const { plan, note } = await planWithinMemory(reader, job, features, hooks.maxMemoryMb);
  checkDecisionSettings(job.decision, plan.classes);
  const datasetDigest = await fileDigest(job.dataset.path);
  await hooks.onPlanned?.(plan);
  const languages = new LanguageGuesser();
  const data = await readTrainingData(reader, plan, features, {
    ...hooks,
    onSampledText: (text) => languages.add(text),
    onVocabulary: (vocabulary) => checkTrainerMemory(plan, vocabulary, job.boosting, hooks.maxMemoryMb),
  });
  const { boosted, chosen } = await boostParts(job, plan, data, hooks);
  const { ensemble, ...boosting } = boosted;
  const { terms, idf, partSizes } = data.vocabulary;
  const language = languages.guess();
  hooks.progress({ stage: "evaluate" });
  const decisions = await decideOn(job, plan, data, ensemble, hooks);
  const { calibration, rule, validation, test } = decisions;
  const bundle: ModelBundle = {
    formatVersion: formatVersionOf({ features, ensemble, calibration, decision: rule }),
    classes: plan.classes,
    columns,
    features,
    terms,
    ...(partSizes && { partSizes }),
    idf,
    ensemble,
    ...(calibration && { calibration }),
    ...(rule && { decision: rule }),
  };
  const metrics = metricsOf(plan, data, decisions);
  const profile = profileOf(bundle, data, validation, test, metrics.test);
  const seconds = (performance.now() - started) / 1000;
  const judged = { classOf: data.validation.classOf, probabilities: validation };
  const { bestPreset, note: failed } = await tryBestPreset(reader, job, plan, judged, hooks.signal);
  const ensembleBytes = job.trial ? undefined : await ensembleToXgboostBytes(ensemble);
  return {
    bundle,
    ...(ensembleBytes ? { ensembleBytes } : {}),
    plan,
    rejected: reader.rejected,
    notes: [
      ...note,
      ...readNotes(reader),
      ...orderNotes(profile.order),
      ...(failed ? [failed] : []),
      ...languageNotes(language, stopWordsThatCount(job.features)),
      ...decisions.report.notes,
    ],
    boosting,
    ...(chosen ? { chosen } : {}),
    metrics,
    decisions: decisions.report,
    test: { ...data.test, probabilities: test, seen: data.testSeen },
    seen: data.seen,
    profile,
    language,
    datasetDigest,
    ...(bestPreset ? { bestPreset } : {}),
    seconds,
  };
}

function metricsOf(
  { classes }: RowPlan,
  { validation, test }: TrainingData,
  decisions: Decisions,
): TrainedModel["metrics"] {
  const of = ({ classOf }: PartRows, probabilities: Float64Array) =>
    classificationMetrics({ classes, labels: classOf, probabilities });
  return { validation: of(validation, decisions.crossFitted), test: of(test, decisions.test) };
}

/** The ensemble's probabilities of validation and test rows, calibrated and decided as the job wishes. */
async function decideOn(
  job: TrainJob,
  { classes }: RowPlan,
  { validation, test }: TrainingData,
  ensemble: BoostResult["ensemble"],
  { signal }: TrainingHooks,
): Promise<Decisions> {
  const scored = async ({ classOf, matrix }: PartRows): Promise<ScoredRows> => ({
    classOf,
    probabilities: await scoreRows(ensemble, matrix, signal),
  });
  return decide({
    classes,
    settings: job.decision,
    seed: job.split.random_seed,
    validation: await scored(validation),
    test: await scored(test),
    turn: () => nextTurn(signal),
  });
}

async function boostParts(
  job: TrainJob,
  plan: RowPlan,
  { train, validation }: TrainingData,
  { progress, signal, onIteration }: TrainingHooks,
): Promise<{ boosted: BoostResult; chosen?: ChosenPenalty }> {
  const { iterations, reg_lambda } = job.boosting;
  const time = new BoostingTime(job, plan.classes.length, () => performance.now());
  const show = (done: number, total: number) => {
    const message = time.after(done, total);
    const boosted: JobProgress = { stage: "boost", done, total, unit: "iterations" };
    progress(message === undefined ? boosted : { ...boosted, message });
  };
  progress({ stage: "boost", done: 0, total: iterations, unit: "iterations" });
  const input = {
    ...labelled(train),
    validation: labelled(validation),
    classes: plan.classes,
    signal,
    onIteration: (iteration: BoostIteration) => {
      show(iteration.number, iterations);
      onIteration?.(iteration);
    },
  };
  if (reg_lambda === "auto") {
    return boostByValidation(
      { ...input, ...(onIteration ? { onIteration } : {}), settings: job.boosting },
      show,
    );
  }
  return { boosted: await boost({ ...input, settings: job.boosting }) };
}

function labelled({ matrix, classOf }: PartRows): LabelledRows {
  const { nRows, nColumns, indptr, indices, data } = matrix;
  return { matrix: { nRows, nColumns, indptr, indices, values: data }, labels: classOf };
}

function profileOf(
  { classes, features, terms, partSizes }: ModelBundle,
  data: TrainingData,
  validation: Float64Array,
  test: Float64Array,
  metrics: ClassificationMetrics,
): ReferenceProfile {
  const { profiled } = data;
  const parts = featureParts(features);
  const part = profiledPart(parts);
  const [from, to] = partColumns(terms.length, partSizes)[part]!;
  const n = profiled.row.length;
  const nClasses = classes.length;
  const partOf = (i: number) => (profiled.part[i] === PART.test ? data.test : data.validation);
  const probabilities = new Float64Array(n * nClasses);
  for (let i = 0; i < n; i++) {
    const scored = profiled.part[i] === PART.test ? test : validation;
    const from = profiled.row[i]! * nClasses;
    probabilities.set(scored.subarray(from, from + nClasses), i * nClasses);
  }
  return buildReferenceProfile(
    {
      ...profiled,
      termsOf: (i) => {
        const { indptr, indices } = partOf(i).matrix;
        const row = profiled.row[i]!;
        return within(indices.subarray(indptr[row], indptr[row + 1]), from, to);
      },
      actual: Uint16Array.from({ length: n }, (_, i) => partOf(i).classOf[profiled.row[i]!]!),
      predicted: predictedClasses(probabilities, nClasses),
      probabilities,
    },
    classes,
    { words: terms.slice(from, to), analyzer: parts[part]!.analyzer },
    { rows: data.test.classOf.length, metrics, classes: testClasses(data.test.classOf, test, nClasses) },
    data.vocabulary.sketch,
  );
}

/** Columns of [from, to) among rising ones, counted from `from`. */
function within(columns: Uint32Array, from: number, to: number): Uint32Array {
  if (from === 0 && (columns.at(-1) ?? 0) < to) return columns;
  return columns.filter((column) => column >= from && column < to).map((column) => column - from);
}

/** Test rows of each class: those that are of it, those predicted to be, and those that are both. */
function testClasses(classOf: Uint16Array, probabilities: Float64Array, nClasses: number) {
  const zeros = () => new Array<number>(nClasses).fill(0);
  const counts = { actual: zeros(), predicted: zeros(), correct: zeros() };
  for (const [row, said] of predictedClasses(probabilities, nClasses).entries()) {
    const of = classOf[row]!;
    counts.actual[of]!++;
    counts.predicted[said]!++;
    if (of === said) counts.correct[of]!++;
  }
  return counts;
}

/** Characters are counted without regard to stop words. */
function stopWordsThatCount({ analyzer = "word", stop_words }: TrainJob["features"]): unknown {
  return [analyzer].flat().includes("word") ? stop_words : "none";
}
