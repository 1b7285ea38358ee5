import { z } from "zod";
import type { RejectReason } from "../tables/rejected-rows";
import { columnsSchema, datasetSchema, maxRejected, safeName } from "./names";

/** Settings that people know from scikit-learn, XGBoost or CatBoost keep the names they have there. */
export const splitSchema = z.strictObject({
  test_size: z.number().gt(0).lt(1).default(0.3),
  /** Share of what the test set leaves. */
  validation_size: z.number().gt(0).lt(1).default(0.3),
  random_seed: z.number().int().min(0).max(4294967295).default(42),
  stratify: z.boolean().default(false),
});
export type SplitSettings = z.infer<typeof splitSchema>;

/** TF-IDF as scikit-learn's TfidfVectorizer names it. */
export const featuresSchema = z.strictObject({
  max_features: z.number().int().min(1).max(100_000).default(100),
  lowercase: z.boolean().default(true),
  stop_words: z
    .union([z.enum(["english", "none"]), z.array(z.string().max(256)).max(10_000)])
    .default("english"),
  token_pattern: z.string().min(1).max(256).default("\\b\\w+\\b"),
  ngram_range: z.tuple([z.number().int().min(1).max(5), z.number().int().min(1).max(5)]).default([1, 1]),
  /** An integer is a count of documents, a fraction below 1 a share of them. */
  min_df: z.number().min(0).default(1),
  /** 1 means all documents (as 1.0 in scikit-learn); an integer above 1 is a count. */
  max_df: z.number().gt(0).default(1),
  sublinear_tf: z.boolean().default(false),
  use_idf: z.boolean().default(true),
  smooth_idf: z.boolean().default(true),
  norm: z.enum(["l2", "l1", "none"]).default("l2"),
});
export type TfidfSettings = z.infer<typeof featuresSchema>;

/** Gradient boosting under CatBoost's names. */
export const boostingSchema = z.strictObject({
  iterations: z.number().int().min(1).max(10_000).default(50),
  learning_rate: z.number().gt(0).max(1).default(0.05),
  depth: z.number().int().min(1).max(16).default(6),
  l2_leaf_reg: z.number().min(0).max(1e6).default(3),
  random_seed: z.number().int().min(0).max(2147483647).default(42),
  /** Stop when the validation metric has not improved for so many iterations; 0 is off. */
  early_stopping_rounds: z.number().int().min(0).max(10_000).default(0),
  /** `balanced`, or a weight a class by its normalised label; absent is 1 for each. */
  class_weights: z
    .union([z.enum(["none", "balanced"]), z.record(z.string(), z.number().gt(0).max(1e6))])
    .default("none"),
});
export type BoostingSettings = z.infer<typeof boostingSchema>;

/** What decides between challenger and champion. */
export const championMetricSchema = z.enum(["accuracy_score", "f1_score", "macro_f1", "roc_auc"]);

export const championSchema = z.strictObject({
  /** Least test accuracy of a challenger; 0: none, it must beat the most frequent class (as it must anyhow). */
  champion_threshold: z.number().min(0).max(1).default(0),
  /** What decides, on the same rows. */
  metric: championMetricSchema.default("accuracy_score"),
  /**
   * `evidence`: better than the most frequent class and than the champion beyond chance; `better`: the metric is
   * higher; `not_worse`: equal will do. `significant` is what `evidence` was called when it knew less.
   */
  rule: z.enum(["evidence", "better", "not_worse", "significant"]).default("evidence"),
  /** Chance of calling a challenger better that is not; shared out over repeated looks at the same file. */
  alpha: z.number().gt(0).max(0.5).default(0.05),
  /** Promote even if the verdict is HOLD. It is recorded; a REJECT stays one. */
  force: z.boolean().default(false),
});
export type ChampionSettings = z.infer<typeof championSchema>;

/** Payload of a `train` job, version 1. */
export const trainJobSchema = z.strictObject({
  v: z.literal(1).default(1),
  dataset: datasetSchema,
  columns: columnsSchema.prefault({}),
  split: splitSchema.prefault({}),
  features: featuresSchema.prefault({}),
  boosting: boostingSchema.prefault({}),
  champion: championSchema.prefault({}),
  experiment: z.string().min(1).max(256).default("experimento_nuevo_final"),
  model: safeName.default("modelo_nuevo"),
  /** The seed's own version tag; the registry numbers versions by itself. */
  modelVersionTag: z.string().min(1).max(64).default("1.0.1"),
  runName: z.string().min(1).max(256).optional(),
  /** Train on a seeded sample of at most so many rows; 0 takes all. */
  max_train_rows: z.number().int().min(0).default(0),
  /** Refuse if more rows than this are rejected: a count, or a share below 1 that must not be reached. */
  max_rejected: maxRejected,
  /** Classes of fewer rows are left out; absent: 10, or 1% of the rows if that is less. 1 keeps every class. */
  min_class_rows: z.number().int().min(1).optional(),
  /** Labels that are equal but for case, space or a final `.0`: joined to the larger class, refused or kept apart. */
  similar_labels: z.enum(["join", "refuse", "keep"]).default("join"),
  /** False: the champion check gives its verdict, but the alias stays where it is. */
  promote: z.boolean().default(true),
  /** The result is `ok: false`, and `cola train` exits with 3, unless the verdict is PROMOTE. */
  requirePromotion: z.boolean().default(false),
  /** A trial of a tuning job: logged as a child run, not published. */
  trial: z.strictObject({ parentRunId: safeName, number: z.number().int().min(0) }).optional(),
});
export type TrainJob = z.infer<typeof trainJobSchema>;
/** What a submitter may write: everything with a default may be left out. */
export type TrainJobInput = z.input<typeof trainJobSchema>;

/** Metrics under the names of `mlflow.models.evaluate`; one that cannot be computed is absent and named in `absent`. */
export interface ClassificationMetrics {
  accuracy_score?: number;
  precision_score?: number;
  recall_score?: number;
  f1_score?: number;
  /** F1 of each class, averaged without weights: a small class counts as much as a large one. */
  macro_f1?: number;
  roc_auc?: number;
  log_loss?: number;
  /** Metric name -> why it could not be computed. */
  absent?: Record<string, string>;
}

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
  /** Labels joined to a larger class: equal but for case, space or a final `.0`. */
  joinedLabels: JoinedLabel[];
  /** Classes left out because they have too few rows. */
  smallClasses: { label: string; rows: number }[];
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

/** Result of a `train` job. */
export interface TrainResult extends Promotion {
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
  /** Absent for a trial, while publishing waits for MLflow, and in results of older releases. */
  championCheck?: ChampionSummary;
  seconds: number;
}
