import type { JobProgress } from "@colaml/shared/contracts/progress";
import type { BestPreset, ChosenPenalty, TrainJob } from "@colaml/shared/contracts/train";
import { fileDigest } from "@colaml/shared/files/digest";
import type { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { PART } from "@colaml/shared/learning/data/split";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import { ensembleToXgboostBytes } from "@colaml/shared/learning/model/ensemble-json";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { BoostResult } from "@colaml/shared/learning/model/training-input";
import { featureParts, partColumns, profiledPart } from "@colaml/shared/learning/text/feature-parts";
import type { FittedVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { type LanguageGuess, LanguageGuesser } from "@colaml/shared/learning/text/language-guess";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import type { ClassificationMetrics } from "@colaml/shared/metrics/metric-table";
import { type DatasetReader, readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";
import { checkDecisionSettings, type DecisionReport, type Decisions, decide } from "../decisions/decide";
import { buildReferenceProfile } from "../profile/build-reference-profile";
import { orderNotes } from "../profile/label-order";
import { nextTurn } from "../scoring/score-rows";
import type { ScoredRows } from "../scoring/scored-rows";
import { checkTrainerMemory } from "./data/check-trainer-memory";
import { partLabels } from "./data/each-row";
import { HeldOutFacts, type ProfiledTexts } from "./data/held-out-facts";
import { languageNotes } from "./data/language-note";
import type { RowPlan } from "./data/plan-rows";
import { planWithinMemory } from "./data/plan-within-memory";
import { withStopWords } from "./data/read-stop-words";
import { readVocabulary } from "./data/read-vocabulary";
import type { WordPresence } from "./deciding-word";
import { fitLinear } from "./fit-linear";
import { fitTrees } from "./fit-trees";
import type { PartLabels } from "./fitted-model";
import { keepYoungGenerationSmall, MANY_ROWS } from "./process-memory";
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
  /** In which test rows each term is. */
  presence: WordPresence;
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
  const isLinear = job.boosting.booster === "gblinear";
  // Refused before the file is read.
  compileTokenPattern(job.features.token_pattern);
  const features = await withStopWords(job.features);
  const reader = readDataset(job.dataset, { text: columns.text, label: columns.label });
  hooks.progress({ stage: "read" });
  const { plan, note } = await planWithinMemory(reader, job, features, hooks.maxMemoryMb);
  if (isLinear && plan.rows.train >= MANY_ROWS) keepYoungGenerationSmall();
  checkDecisionSettings(job.decision, plan.classes);
  const datasetDigest = await fileDigest(job.dataset.path);
  await hooks.onPlanned?.(plan);
  const languages = new LanguageGuesser();
  const { vocabulary, seen } = await readVocabulary(reader, plan, features, {
    ...hooks,
    // A trial keeps no model and says nothing of its texts.
    ...(job.trial ? {} : { onSampledText: (text) => languages.add(text) }),
  });
  checkTrainerMemory(plan, vocabulary, job.boosting, hooks.maxMemoryMb);
  const labels = partLabels(plan);
  const facts = new HeldOutFacts(plan, labels.test, features, vocabulary, seen);
  const fit = isLinear ? fitLinear : fitTrees;
  const fitted = await fit({ job, reader, plan, labels, features, vocabulary, facts }, hooks);
  const { ensemble, ...boosting } = fitted.boosted;
  const { terms, idf, partSizes } = vocabulary;
  const language = languages.guess();
  const decisions = await decide({
    classes: plan.classes,
    settings: job.decision,
    seed: job.split.random_seed,
    validation: { classOf: labels.validation, probabilities: fitted.validation },
    test: { classOf: labels.test, probabilities: fitted.test },
    turn: () => nextTurn(hooks.signal),
  });
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
  const metrics = metricsOf(plan, labels, decisions);
  const { sketch } = vocabulary;
  const profile = profileOf(bundle, facts.profiled, labels, { validation, test }, metrics.test, sketch);
  const seconds = (performance.now() - started) / 1000;
  const judged = { classOf: labels.validation, probabilities: validation };
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
    ...(fitted.chosen ? { chosen: fitted.chosen } : {}),
    metrics,
    decisions: decisions.report,
    test: { classOf: labels.test, probabilities: test, seen: facts.testSeen },
    presence: facts.presence,
    seen,
    profile,
    language,
    datasetDigest,
    ...(bestPreset ? { bestPreset } : {}),
    seconds,
  };
}

function metricsOf({ classes }: RowPlan, labels: PartLabels, decisions: Decisions): TrainedModel["metrics"] {
  const of = (classOf: Uint16Array, probabilities: Float64Array) =>
    classificationMetrics({ classes, labels: classOf, probabilities });
  return {
    validation: of(labels.validation, decisions.crossFitted),
    test: of(labels.test, decisions.test),
  };
}

function profileOf(
  { classes, features, terms, partSizes }: ModelBundle,
  profiled: ProfiledTexts,
  labels: PartLabels,
  { validation, test }: Pick<Decisions, "validation" | "test">,
  metrics: ClassificationMetrics,
  sketch: FittedVocabulary["sketch"],
): ReferenceProfile {
  const parts = featureParts(features);
  const part = profiledPart(parts);
  const [from, to] = partColumns(terms.length, partSizes)[part]!;
  const n = profiled.row.length;
  const nClasses = classes.length;
  const isTest = (i: number) => profiled.part[i] === PART.test;
  const probabilities = new Float64Array(n * nClasses);
  for (let i = 0; i < n; i++) {
    const scored = isTest(i) ? test : validation;
    const at = profiled.row[i]! * nClasses;
    probabilities.set(scored.subarray(at, at + nClasses), i * nClasses);
  }
  return buildReferenceProfile(
    {
      ...profiled,
      actual: Uint16Array.from(
        { length: n },
        (_, i) => (isTest(i) ? labels.test : labels.validation)[profiled.row[i]!]!,
      ),
      predicted: predictedClasses(probabilities, nClasses),
      probabilities,
    },
    classes,
    { words: terms.slice(from, to), analyzer: parts[part]!.analyzer },
    { rows: labels.test.length, metrics, classes: testClasses(labels.test, test, nClasses) },
    sketch,
  );
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
