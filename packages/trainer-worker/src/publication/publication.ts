import { createHash, randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { CalibrationSummary, DecisionSummary } from "@colaml/shared/contracts/decision-summary";
import type { Choices, TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { GOLDEN_SAMPLE_FILE, serialiseGoldenSample } from "@colaml/shared/learning/model/golden-sample";
import {
  REFERENCE_PROFILE_FILE,
  serialiseReferenceProfile,
} from "@colaml/shared/learning/model/reference-profile";
import { SEEN_ROWS_FILE, serialiseSeenRows } from "@colaml/shared/learning/model/seen-rows";
import type { ClassificationMetrics } from "@colaml/shared/metrics/metric-table";
import type { KeyValue, Metric } from "@colaml/shared/mlflow/log-batch";
import type { ModelRecord } from "@colaml/shared/mlflow/publish-model";
import { absentTag, RUN_TAGS, sourceTags } from "@colaml/shared/mlflow/run-tags";
import type { DatasetInput } from "@colaml/shared/mlflow/runs";
import type { Spooled } from "@colaml/shared/mlflow/spool";
import { DATASET_TAG } from "@colaml/shared/mlflow/verdict-tags";
import { textColumnList } from "@colaml/shared/settings/text-columns";
import { goldenSample } from "../training/golden-sample";
import type { TrainedModel } from "../training/training";
import { type TrainingEvidence, trainingEvidence } from "../training/training-evidence";
import { choicesOf } from "./choices";
import { runArtifacts } from "./run-artifacts";
import { finalMetrics, type MetricPoint, runParams } from "./run-contents";
import { trainingNotes } from "./training-notes";

/** What the champion check and the job's result need beside the run and the model's files. */
export interface TrainingSummary {
  metrics: { validation: ClassificationMetrics; test: ClassificationMetrics };
  rows: { train: number; validation: number; test: number; rejected: number };
  /** Absent in what release 0.1 left on the disk. */
  rejectedByReason?: TrainResult["rejectedByReason"];
  notes?: string[];
  /** Test rows per class. */
  testRowsOfClass: number[];
  /** Index of the most frequent training class. */
  majorityClass: number;
  /** sha256 of the dataset's file. */
  datasetDigest: string;
  /** sha256 of the test rows' probabilities as training saw them. */
  probabilitiesDigest: string;
  /** Absent in what an older release left on disk. */
  evidence?: TrainingEvidence;
  /** Absent if nothing was calibrated, or decided beside the label. */
  calibration?: CalibrationSummary;
  decisionRule?: DecisionSummary;
  seconds: number;
  /** Absent in what an older release left on disk. */
  choices?: Choices;
}

/**
 * A finished training as plain data: all that MLflow is to hold of it. It is written to disk before it is published,
 * so that neither a server that is away nor a killed worker loses it.
 */
export interface Publication extends Spooled {
  job: TrainJob;
  /** Absent for a trial: only its run is recorded. */
  model?: ModelRecord;
  summary: TrainingSummary;
}

/** Where a run came from, for its tags. */
export interface RunOrigin {
  user: string;
  sourceName: string;
  /** Empty if it is not known. */
  gitCommit: string;
  /** Run that this one is a child of. */
  parentRunId?: string;
}

/** What the run is called before it has results. */
export interface RunIdentity {
  publishId: string;
  jobKey: string;
  runName: string;
  startTime: number;
  tags: KeyValue[];
}

/** The identity of a run that begins now. */
export function runIdentity(job: TrainJob, jobId: string, jobKey: string, origin: RunOrigin): RunIdentity {
  const startTime = Date.now();
  const stamp = new Date(startTime).toISOString().slice(0, 19).replace("T", " ");
  const runName = job.runName ?? (job.trial ? `trial ${job.trial.number}` : `${job.model} ${stamp}`);
  const tags: [string, string][] = [
    ...Object.entries(sourceTags(origin)),
    [RUN_TAGS.runName, runName],
    [RUN_TAGS.jobId, jobId.slice(0, 250)],
    [RUN_TAGS.job, jobKey],
  ];
  const parentRunId = job.trial?.parentRunId ?? origin.parentRunId;
  if (parentRunId !== undefined) tags.push([RUN_TAGS.parentRunId, parentRunId]);
  return {
    publishId: randomUUID(),
    jobKey,
    runName,
    startTime,
    tags: tags.map(([key, value]) => ({ key, value })),
  };
}

/** Everything of a finished training that is to be published. */
export function publicationOf(
  job: TrainJob,
  trained: TrainedModel,
  run: RunIdentity,
  steps: MetricPoint[],
  hmacKey: string,
): Publication {
  const endTime = Date.now();
  const datasets = datasetInputs(job, trained);
  const metrics = [...finalMetrics(trained)].map(([key, value]) => ({
    key,
    value,
    timestamp: endTime,
    step: 0,
    ...measuredOn(key, datasets),
  }));
  const summary = summaryOf(job, trained);
  return {
    v: 1,
    jobKey: run.jobKey,
    job,
    record: {
      publishId: run.publishId,
      experiment: job.experiment,
      runName: run.runName,
      startTime: run.startTime,
      endTime,
      params: [...runParams(job, trained.chosen)].map(([key, value]) => ({ key, value })),
      metrics: [...steps, ...metrics],
      tags: [...run.tags, { key: DATASET_TAG, value: trained.datasetDigest }, ...absentTags(summary.metrics)],
      datasets,
      artifacts: job.trial ? new Map() : runArtifacts(trained),
    },
    ...(job.trial ? {} : { model: modelRecord(job, trained, hmacKey) }),
    summary,
  };
}

/** Metrics that could not be computed, each with its reason. */
function absentTags(metrics: TrainingSummary["metrics"]): KeyValue[] {
  return Object.entries(metrics).flatMap(([part, { absent = {} }]) =>
    Object.entries(absent).map(([name, reason]) => ({ key: absentTag(part, name), value: reason })),
  );
}

/** What a job's result has of a training, whatever becomes of its model. */
export function factsOf({
  job,
  summary,
}: Publication): Pick<
  TrainResult,
  | "model"
  | "metrics"
  | "rows"
  | "rejectedByReason"
  | "seconds"
  | "data"
  | "notes"
  | "calibration"
  | "decisionRule"
  | keyof Choices
> {
  const { metrics, rows, rejectedByReason = {}, notes = [], seconds, evidence, choices } = summary;
  const { calibration, decisionRule } = summary;
  return {
    model: job.model,
    metrics,
    rows,
    rejectedByReason,
    notes: [...notes, ...(evidence ? trainingNotes(evidence, job, rows.test) : [])],
    ...(evidence ? { data: evidence.data } : {}),
    ...(calibration ? { calibration } : {}),
    ...(decisionRule ? { decisionRule } : {}),
    seconds,
    ...choices,
  };
}

function summaryOf(job: TrainJob, trained: TrainedModel): TrainingSummary {
  const { plan, metrics, rejected, notes, test, datasetDigest, seconds } = trained;
  const { calibration, decision } = trained.decisions;
  const testRowsOfClass = new Array<number>(plan.classes.length).fill(0);
  for (const label of test.classOf) testRowsOfClass[label]!++;
  const { train, validation, test: testRows } = plan.rows;
  return {
    metrics,
    rows: { train, validation, test: testRows, rejected: rejected.count + plan.rows.leftOut },
    rejectedByReason: {
      ...rejected.byReason,
      ...(plan.rows.leftOut > 0 ? { "class too small": plan.rows.leftOut } : {}),
    },
    notes,
    testRowsOfClass,
    majorityClass: plan.trainRowsOfClass.indexOf(Math.max(...plan.trainRowsOfClass)),
    datasetDigest,
    probabilitiesDigest: probabilitiesDigest(test.probabilities),
    evidence: trainingEvidence(trained, job.champion),
    ...(calibration ? { calibration } : {}),
    ...(decision ? { decisionRule: decision } : {}),
    seconds,
    choices: choicesOf(job, trained),
  };
}

/** sha256 over the bytes of the float64 values. */
export function probabilitiesDigest(probabilities: Float64Array): string {
  const { buffer, byteOffset, byteLength } = probabilities;
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}

function modelRecord(job: TrainJob, trained: TrainedModel, hmacKey: string): ModelRecord {
  const { bundle, profile, seen, datasetDigest, ensembleBytes } = trained;
  const golden = goldenSample(bundle);
  const extra = new Map([
    [REFERENCE_PROFILE_FILE, serialiseReferenceProfile(profile)],
    [GOLDEN_SAMPLE_FILE, serialiseGoldenSample(golden)],
    [SEEN_ROWS_FILE, serialiseSeenRows(seen, datasetDigest, hmacKey)],
  ]);
  return {
    name: job.model,
    classes: bundle.classes,
    ...(bundle.decision ? { decides: true } : {}),
    textColumn: job.columns.text,
    // Made of the model's words: no customer's text.
    inputExample: golden.texts.at(-1)!,
    files: bundleToFiles(bundle, extra, hmacKey, ensembleBytes),
    versionTags: [{ key: "version", value: job.modelVersionTag }],
  };
}

/** The dataset of a final metric: the part that its name begins with, else the training rows. */
function measuredOn(metric: string, datasets: readonly DatasetInput[]): Pick<Metric, "dataset"> {
  const part = /^(?:validation|test)(?=_)/.exec(metric)?.[0] ?? "training";
  const found = datasets.find(({ context }) => context === part);
  return found ? { dataset: { name: found.name, digest: found.digest } } : {};
}

function datasetInputs(job: TrainJob, { plan, datasetDigest }: TrainedModel): DatasetInput[] {
  const { text, label } = job.columns;
  const columns = [...textColumnList(text), label].map((name) => ({ type: "string", name, required: true }));
  const parts = [
    ["training", plan.rows.train],
    ["validation", plan.rows.validation],
    ["test", plan.rows.test],
  ] as const;
  return parts.map(([context, rows]) => ({
    context,
    name: `${basename(job.dataset.path)} (${context})`.slice(0, 250),
    // MLflow takes 36 characters; each part is another set of rows.
    digest: createHash("sha256")
      .update(JSON.stringify([datasetDigest, context, job.split, job.max_train_rows]))
      .digest("hex")
      .slice(0, 32),
    sourceType: "local",
    source: JSON.stringify({ uri: job.dataset.path }),
    schema: JSON.stringify({ mlflow_colspec: columns }),
    profile: JSON.stringify({ num_rows: rows }),
  }));
}
