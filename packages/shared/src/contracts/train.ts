import { z } from "zod";
import type { LanguageGuess } from "../learning/text/language-guess";
import type { ClassificationMetrics } from "../metrics/metric-table";
import { boostingSchema } from "../settings/boosting-settings";
import { type ChampionSettings, championSchema } from "../settings/champion-settings";
import { columnsSchema } from "../settings/columns-settings";
import { decisionSchema } from "../settings/decision-settings";
import { requestedFeaturesSchema } from "../settings/features-settings";
import { mlflowSettings } from "../settings/mlflow-settings";
import { modelSettings } from "../settings/model-settings";
import { payloadFields } from "../settings/payload-fields";
import { withPreset } from "../settings/preset-payload";
import type { Preset } from "../settings/presets";
import { safeName } from "../settings/safe-name";
import { splitSchema } from "../settings/split-settings";
import { trainFields } from "../settings/train-settings";
import type { RejectReason } from "../tables/rejected-rows";
import type { CalibrationSummary, DecisionSummary } from "./decision-summary";
import type { MadeBy } from "./made-by";
import { datasetSchema, maxRejected } from "./names";

/** The fields of a `train` payload. */
export const trainJobFields = z.strictObject({
  v: z.literal(1).default(1),
  dataset: datasetSchema,
  columns: columnsSchema.prefault({}),
  split: splitSchema.prefault({}),
  features: requestedFeaturesSchema.prefault({}),
  boosting: boostingSchema.prefault({}),
  decision: decisionSchema.prefault({}),
  champion: championSchema.prefault({}),
  ...payloadFields(mlflowSettings),
  ...payloadFields(modelSettings),
  runName: z.string().min(1).max(256).optional(),
  ...trainFields,
  /** Refuse if more rows than this are rejected: a count, or a share below 1 that must not be reached. */
  max_rejected: maxRejected,
  /** False: the champion check gives its verdict, but the alias stays where it is. */
  promote: z.boolean().default(true),
  /** The result is `ok: false`, and `cola train` exits with 3, unless the verdict is PROMOTE. */
  requirePromotion: z.boolean().default(false),
  /** A trial of a tuning job: logged as a child run, not published. */
  trial: z
    .strictObject({
      parentRunId: safeName,
      number: z.number().int().min(0),
      /** Share of the training rows that it sees, at least 1,000 of them; absent: all. */
      trainShare: z.number().gt(0).max(1).optional(),
      /** Milliseconds since 1970 after which it ends. */
      until: z.number().int().min(0).optional(),
    })
    .optional(),
});
export type TrainJob = z.infer<typeof trainJobFields>;
/** What a submitter may write: everything with a default may be left out. */
export type TrainJobInput = z.input<typeof trainJobFields>;

/** Payload of a `train` job, version 1. What is not given is what its preset sets, else the default. */
export const trainJobSchema = z.preprocess(withPreset, trainJobFields);

/**
 * What the champion check says. PROMOTE: the challenger takes the alias. HOLD: sound, but not shown to be better (or
 * nobody can tell): it stays registered. REJECT: it must not serve.
 */
export type Verdict = "PROMOTE" | "HOLD" | "REJECT";

/** Why rows were left out of a training: what reading rejects, and what the training itself leaves out. */
export type LeftOutReason = RejectReason | "class too small";

/** A label that was counted as another one. */
export interface JoinedLabel {
  label: string;
  into: string;
  rows: number;
}

/** What a training met in its file and did about it. */
export interface TrainingData {
  /** Test rows whose text stands in the training or validation rows as well. */
  duplicateTestRows: number;
  /** Accuracy on those rows, and on the other test rows. Absent if there are no such rows, and in results of older releases. */
  accuracy?: { duplicates?: number; others?: number };
  /** Labels joined to a larger class: equal but for case, space or a final `.0`. */
  joinedLabels: JoinedLabel[];
  /** Classes left out because they have too few rows. */
  smallClasses: { label: string; rows: number }[];
  /** What the training rows seem to be written in; absent if they say too little, and in results of older releases. */
  language?: LanguageGuess;
}

/** How the champion check came to its verdict: the short form of `champion_verdict.json`. */
export interface ChampionSummary {
  verdict: Verdict;
  reason: string;
  rule: ChampionSettings["rule"];
  metric: ChampionSettings["metric"];
  alpha: number;
  /** How often a challenger was judged on this file, this time included; `alpha` is divided by it. */
  looks: number;
  /** Present champion it was compared with; absent if there was none or it could not be compared. */
  championVersion?: string;
  /** Rows compared with the champion, and test rows left out because one of the two was trained on their text. */
  comparedRows?: number;
  leftOutRows?: number;
  /** Chance that it is no better than the champion; than the most frequent class. */
  pChampion?: number;
  pMajority?: number;
  /** The reason of the HOLD that `champion.force` overruled. */
  forcedOver?: string;
}

/** What training or tuning says of the registered version beside its numbers. */
export interface Promotion {
  /** False exactly if `requirePromotion` was asked for and the verdict is not PROMOTE. Absent in results of an older release. */
  ok?: boolean;
  promoted: boolean;
  /** Absent for a trial, while publishing waits for MLflow, and in results of an older release. */
  decision?: Verdict;
  /** Why it was promoted or not, in one line. */
  verdict: string;
  /** The version that is champion now; absent if none is. */
  championVersion?: string;
  /** The version that `cola models rollback` goes back to from a promoted one; absent if none was champion before. */
  previousVersion?: string;
}

/** A penalty of the linear booster and its rounds, chosen on the validation rows. */
export interface ChosenPenalty {
  reg_lambda: number;
  /** Rounds that are kept. */
  iterations: number;
  /** Every penalty that was tried, with the least share of wrong validation rows and the log loss of that round. */
  tried: { reg_lambda: number; iterations: number; error: number; logLoss: number }[];
}

/** What the preset best gives on validation rows that a model of the preset seed was judged on. */
export interface BestPreset {
  /** Of the quick fit, and of the model that was trained, on the same rows. */
  validationAccuracy: number;
  trainedAccuracy: number;
  /** Rows of the quick fit: a sample of a large file's. */
  rows: { train: number; validation: number };
  seconds: number;
}

/** What a training chose by itself. Absent in results of older releases. */
export interface Choices {
  preset?: Preset;
  /** What the preset set, under the names of the payload: what the job gave itself is not among it. */
  presetSettings?: Record<string, unknown>;
  chosen?: ChosenPenalty;
  /** Rows of the file that a training took, if it took a seeded sample because all would not fit in memory. */
  sampled?: { rows: number; of: number };
  /** Only if it is more than two points better. */
  bestPreset?: BestPreset;
}

/** Result of a `train` job. */
export interface TrainResult extends Promotion, Choices, MadeBy {
  runId: string;
  /** Page of the run in MLflow; absent while publishing waits for MLflow, and from an older trainer. */
  runUrl?: string;
  model: string;
  /** Registry version; absent for a trial, and while publishing waits for MLflow. */
  modelVersion?: string;
  metrics: { validation: ClassificationMetrics; test: ClassificationMetrics };
  /** Rows used by each part and rows left out, those of small classes among them. */
  rows: { train: number; validation: number; test: number; rejected: number };
  /** Rows left out by reason; only reasons that occurred. */
  rejectedByReason: Partial<Record<LeftOutReason, number>>;
  /** What a person should know of the file, the data and the comparison, one line each. */
  notes: string[];
  /** Absent in results of older releases. */
  data?: TrainingData;
  /** Absent if nothing was to be calibrated. */
  calibration?: CalibrationSummary;
  /** What the column `decision` says and is worth; absent if the model has none. */
  decisionRule?: DecisionSummary;
  /** Absent for a trial, while publishing waits for MLflow, and in results of older releases. */
  championCheck?: ChampionSummary;
  seconds: number;
}
