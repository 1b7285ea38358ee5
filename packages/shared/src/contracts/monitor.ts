import { z } from "zod";
import { type ClassificationMetrics, QUALITY_METRICS, type QualityMetric } from "../metrics/metric-table";
import { mlflowSettings } from "../settings/mlflow-settings";
import { monitorSettings, thresholdSettings } from "../settings/monitor-settings";
import { fieldTypes, payloadFields } from "../settings/payload-fields";
import { recordByClass } from "../settings/record-by-class";
import { columnName, textColumnsSchema } from "../settings/text-columns";
import type { Alert } from "./alerts";
import type { AmbiguousIds } from "./labels";
import type { MadeBy } from "./made-by";
import { notWith } from "./member-rules";
import { type Dataset, datasetSchema, defaultModel, filePath, maxRejected } from "./names";
import type { WithoutKnownWords } from "./without-known-words";

const share = z.number().min(0).max(1);
/** A threshold of each metric that quality is judged by; those that have a setting are its type. */
const thresholdTypes = Object.fromEntries(QUALITY_METRICS.map((name) => [name, share])) as Record<
  QualityMetric,
  typeof share
>;

/** Least values of the quality metrics; one that is absent is not checked. */
export const thresholdsSchema = z
  .strictObject({
    ...thresholdTypes,
    ...fieldTypes(thresholdSettings),
    /** Least recall of single classes, by their name: a class that is named is also held against its drop. */
    class_recall: recordByClass(z.string().min(1).max(256), z.number().min(0).max(1)),
  })
  .partial();
export type QualityThresholds = z.infer<typeof thresholdsSchema>;

/**
 * Payload of a `monitor` job, version 1: a labelled file, or finished predictions and where their labels are. With
 * neither it is the latest predictions of the model, which a schedule then follows.
 */
export const monitorJobSchema = z
  .strictObject({
    v: z.literal(1).default(1),
    model: defaultModel,
    /** A file with texts and, for quality, labels: it is scored again by the model. */
    input: datasetSchema.optional(),
    /** The output of a `predict` job; joined by id with `labels`, or with labels that `cola labels` brought. */
    predictions: filePath.optional(),
    /** A file with id and label columns, for `predictions`; it comes on top of what `cola labels` stored. */
    labels: z.union([filePath, datasetSchema]).optional(),
    columns: z
      .strictObject({
        text: textColumnsSchema.optional(),
        label: columnName.optional(),
        id: columnName.optional(),
      })
      .prefault({}),
    thresholds: thresholdsSchema.optional(),
    /** Most a metric may lie below its training test value: in points, and as a share of that value. */
    drop: z
      .strictObject({
        absolute: monitorSettings.absoluteDrop.type.optional(),
        relative: monitorSettings.relativeDrop.type.optional(),
      })
      .optional(),
    /** No verdict on a metric that fewer rows than this speak for (precision: rows predicted positive, ...). */
    minRows: monitorSettings.minRows.type.optional(),
    /** Most of the rows with a label by id that may be left out because the id is ambiguous, as a share. */
    maxAmbiguous: monitorSettings.maxAmbiguous.type.optional(),
    /**
     * Chance that a check of rows like the training's raises a drift alarm, and bound of the chance that it fails
     * a quality check.
     */
    falseAlarmRate: monitorSettings.falseAlarmRate.type.optional(),
    /** No drift is computed of fewer rows than this. */
    driftMinRows: monitorSettings.driftMinRows.type.optional(),
    /**
     * What drift is compared with instead of the training's rows, such as recent weeks: a file like the one that is
     * checked (texts that are scored again, or finished predictions of the same version).
     */
    reference: filePath.optional(),
    ...payloadFields(mlflowSettings),
    /** Refuse if more rows than this are rejected: a count, or a share below 1 that must not be reached. */
    maxRejected,
    /** Where the HTML report is written; absent: in `reports` of the state folder. */
    report: filePath.optional(),
    /** Replace a report that exists and is not of this job or schedule. */
    force: z.boolean().optional(),
  })
  .refine(
    (job) => job.input === undefined || job.predictions === undefined,
    "give input or predictions, not both",
  )
  .refine((job) => job.labels === undefined || job.input === undefined, "labels go with predictions")
  .meta(notWith("input", ["predictions", "labels"]));
export type MonitorJob = z.infer<typeof monitorJobSchema>;

/** The file with the labels of a job's predictions; a bare path takes how it is written from the file. */
export function labelsFileOf({ labels }: Pick<MonitorJob, "labels">): Dataset | undefined {
  return typeof labels === "string" ? { path: labels } : labels;
}
export type MonitorJobInput = z.input<typeof monitorJobSchema>;

/** `warn`: the value lies below the bound, but chance is not excluded: the check does not fail. */
export type CheckStatus = "pass" | "warn" | "fail" | "no verdict";

/** One metric against one bound. */
export interface QualityCheck {
  metric: QualityMetric;
  /** Of a recall that is of one class only: the class. */
  class?: string;
  /** What it is held against: a fixed threshold, or the training's test metric less the allowed drop. */
  kind: "threshold" | "absolute drop" | "relative drop";
  /** Absent: it could not be computed, `reason` says why. */
  value?: number;
  /**
   * 95% interval of `value`; if the bound is a drop also for what chance did to the training's test metric, which is
   * of a sample too. The check fails only if all of it lies below the bound.
   */
  interval?: [number, number];
  /** Rows that speak for the metric: all labelled rows, those predicted positive, ... */
  n: number;
  /** Least value that passes. */
  bound: number;
  status: CheckStatus;
  /** Whether chance is excluded: so for every check that fails, and for no other. */
  sure: boolean;
  /** Why there is no verdict, or why the bound is another one than the configured. */
  reason?: string;
}

/** What is compared between the reference profile and the window. */
export const DRIFT_STATISTICS = [
  "vocabulary",
  "out_of_vocabulary",
  "text_length",
  "score",
  "predicted_label",
] as const;
export type DriftStatistic = (typeof DRIFT_STATISTICS)[number];

/** `warning`: more than chance allows; `alert`: that, and surely more than a small shift (see `psiLow`). */
export type DriftLevel = "none" | "warning" | "alert";

export interface DriftScore {
  statistic: DriftStatistic;
  /** Population stability index, natural logarithm. */
  psi: number;
  /** Jensen-Shannon distance (square root of the divergence, natural logarithm), as scipy's `jensenshannon`. */
  jensenShannon: number;
  /** PSI that windows of this size have on average when nothing but chance tells them from the reference. */
  psiExpected: number;
  /** PSI that windows of this size, drawn from the reference, exceed only at the false alarm rate. */
  psiThreshold: number;
  /** 95% of windows with the same shift have a PSI, less `psiExpected`, above this: the shift that is sure. */
  psiLow: number;
  level: DriftLevel;
}

export interface WordDrift {
  word: string;
  /** Share of documents that hold it. */
  referenceShare: number;
  currentShare: number;
  /** Whether chance is excluded at the false alarm rate, over all words looked at. */
  significant: boolean;
}

/** A word that the model does not know, and that is more frequent than training knew it. */
export interface NewWord {
  word: string;
  /** Share of the window's texts that hold it. */
  currentShare: number;
  /** Share of the training's texts that hold it, at most (from a sketch that never counts too few). */
  trainingShareAtMost: number;
}

export interface DriftResult {
  rows: number;
  /** What the rows were compared with; absent: the training's held-out rows. */
  reference?: { path: string; rows: number };
  level: DriftLevel;
  scores: DriftScore[];
  /** Words by the size of their change, at most 20 each way. */
  rose: WordDrift[];
  fell: WordDrift[];
  /** Frequent words that the model does not know, at most 20; absent if the profile has no sketch of the training's. */
  newWords?: NewWord[];
  /** Share of tokens that are no term of the model. */
  outOfVocabularyShare: { reference: number; current: number };
}

/** Estimated quality if the texts of each class stayed what they were and only the classes' shares moved. */
export interface SharesShifted {
  metrics: Partial<Record<QualityMetric, number>>;
  /** Share of each class, in training and as estimated for these rows. */
  classShares: { class: string; training: number; estimated: number }[];
  /** Rows that it was estimated from: all, or an even sample of them. */
  rows: number;
}

/** Rows left out of a join by id. */
export interface LeftOutIds extends AmbiguousIds {
  /** Of `rows`: the id came with different labels in one delivery. */
  differentLabels: number;
  /** Of `rows`: the id stands on rows that differ. */
  differentRows: number;
  /** `rows` as a share of the rows whose id has a label. */
  share: number;
}

/** Labels that are not a class of the model: each counts as a wrong prediction. */
export interface ForeignLabels {
  rows: number;
  /** The first different ones, at most 5, masked and cut; with the class that is spelled nearly so. */
  first: { label: string; nearest?: string }[];
}

/** How labels met rows by id. */
export interface LabelMatch {
  /** Rows that got their label by id. */
  matched: number;
  /** Rows without a label yet. */
  unlabelled: number;
  /** Rows left out of the join, since their id does not say which label is theirs. Absent in older results. */
  ambiguous?: LeftOutIds;
  /** Labels whose id no prediction has: how many, and the first of them. */
  unknown: { count: number; first: string[] };
}

/** Result of a `monitor` job. */
export interface MonitorResult extends MadeBy {
  /** False when a check failed or drift is at `alert`: `cola monitor` then exits with 3. */
  ok: boolean;
  /** `fail` exactly if `ok` is false, by quality or by drift: the same word is in MLflow, in the job and in `--json`. */
  verdict: CheckStatus;
  /** One line for a person. */
  summary: string;
  model: string;
  modelVersion: string;
  /** Absent while MLflow cannot be reached, and of a scheduled check that says the same as before. */
  runId?: string;
  /** The run that all checks of the model version share; absent while MLflow cannot be reached, and in older results. */
  seriesRunId?: string;
  rows: number;
  rejected: number;
  /** Rows whose text holds no word that the model knows; absent without texts, or without a profile of the model. */
  withoutKnownWords?: WithoutKnownWords;
  /**
   * Rows that the model's decision rule abstained on; absent if it has none. `metrics` are of the labels, whatever was
   * decided.
   */
  abstained?: { rows: number; share: number };
  /** Rows with a label, which `metrics` are of; those with a foreign label are wrong. */
  n: number;
  /** Absent in results of older releases. */
  foreignLabels?: ForeignLabels;
  metrics: ClassificationMetrics;
  /** 95% intervals of the metrics that have one. */
  intervals: Partial<Record<QualityMetric, [number, number]>>;
  thresholds: QualityThresholds;
  checks: QualityCheck[];
  /** From calibrated probabilities only, over all rows, if only the texts moved. Absent with `estimatedAbsent`. */
  estimated?: Partial<Record<QualityMetric, number>>;
  estimatedAbsent?: string;
  /** The same if only the classes' shares moved: the two are the ends of what to expect. */
  estimatedSharesShifted?: SharesShifted;
  /** Absent with `driftAbsent`. */
  drift?: DriftResult;
  driftAbsent?: string;
  labels?: LabelMatch;
  /** Alerts that this check raised or ended. An incident that goes on raises none. */
  alerts: Alert[];
  /** Ids of incidents that are open after this check. */
  openIncidents: string[];
  /** What the closed loop did after this check, or why it did nothing; absent if no rule starts a training. */
  loop?: string[];
  /** Path of the HTML report. */
  report?: string;
  /** What could not be done, in one line each. */
  warnings: string[];
  seconds: number;
}
