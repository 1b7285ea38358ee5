import type { ColaConfig } from "@colaml/shared/config/schema";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { AlertRule } from "@colaml/shared/jobs/alert-rules";
import type { LabelMatch, MonitorJob, MonitorResult } from "@colaml/shared/jobs/monitor";
import type { ReferenceProfile } from "@colaml/shared/model/reference-profile";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { AlertEngine } from "./alerts/alert-engine";
import { observationsOf } from "./alerts/observations";
import { type Assessment, assess, type CheckSettings } from "./check/assessment";
import type { CheckHistory } from "./check/check-history";
import { type Collected, RowCollector } from "./check/collect-rows";
import { type PublishRun, publishCheck } from "./check/publish-check";
import type { LabelIndex } from "./labels/label-index";
import type { LabelStore } from "./labels/label-store";
import { fileLabels, LISTED_IDS } from "./labels/labels-processor";
import { htmlReport, type ReportData } from "./report/html-report";
import type { RowSource } from "./rows/monitored-rows";
import { openPredictedRows, predictedVersion } from "./rows/predicted-rows";
import { openScoredRows, type TextClassifier } from "./rows/scored-rows";

/** One version of a model, ready to be checked. */
export interface MonitoredModel {
  name: string;
  version: string;
  /** Run of its training. */
  runId: string;
  classifier: TextClassifier;
  terms: readonly string[];
  tokenise: (text: string) => string[];
  columns: ColaConfig["columns"];
  /** Absent where the model was published without one. */
  profile?: ReferenceProfile;
}

/** What happens with alerts that start something: see `loop/closed-loop.ts`. */
export type AfterCheck = (check: {
  job: MonitorJob;
  result: MonitorResult;
  context: CheckContext;
}) => Promise<void>;

export interface MonitorDependencies {
  loadModel: (uri: string) => Promise<MonitoredModel>;
  publish: PublishRun;
  alerts: AlertEngine;
  rules: readonly AlertRule[];
  labels: LabelStore;
  history: CheckHistory;
  settings: ColaConfig["monitor"];
  /** The path a job may read, or PATH_NOT_ALLOWED. */
  confine: (path: string) => Promise<string>;
  /** Writes the report; returns its path. */
  writeReport: (wanted: string | undefined, name: string, html: string) => Promise<string>;
  /** Gauges of `/metrics`. */
  onChecked?: (result: MonitorResult, values: ReadonlyMap<string, number>) => void;
  afterCheck?: AfterCheck;
  now?: () => number;
}

/** What a check needs of the job it runs in. */
export type CheckContext = Pick<JobContext, "jobId" | "signal" | "logger" | "progress">;

const PROGRESS_MS = 500;

/**
 * Checks a model version on the rows of a job: quality where there are labels, estimated quality and drift where
 * the model has a profile; alerts, report, a run in MLflow.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_MISMATCH, INPUT_NOT_FOUND, INPUT_EMPTY, COLUMN_NOT_FOUND, LABELS_INVALID
 */
export function createMonitorProcessor(dependencies: MonitorDependencies) {
  const now = dependencies.now ?? Date.now;
  return async (job: MonitorJob, context: CheckContext): Promise<MonitorResult> => {
    const startTime = now();
    const opened = await openCheck(dependencies, job);
    const { collected, match } = await collect(opened, context);
    const settings = settingsOf(dependencies.settings, job);
    const { count: rejected, reasons } = opened.source.rejected();
    const assessment = assess(collected, opened.model.profile, settings, rejected);
    const told = await dependencies.alerts.evaluate(
      opened.model,
      observationsOf(assessment, dependencies.rules),
      context.jobId,
    );
    const result: Omit<MonitorResult, "report" | "runId" | "seconds"> = {
      ...resultOf(opened.model, collected, assessment, settings.thresholds),
      rejected,
      ...(match ? { labels: match } : {}),
      alerts: told.alerts,
      openIncidents: told.open,
      warnings: [...opened.warnings, ...reasons, ...warningsOf(collected, opened, match)],
    };
    const recorded = await record(dependencies, {
      job,
      context,
      opened,
      collected,
      assessment,
      result,
      startTime,
    });
    const warnings = [...result.warnings, ...(recorded.warning ? [recorded.warning] : [])];
    const { runId, report } = recorded;
    const finished = {
      ...result,
      warnings,
      ...(runId ? { runId } : {}),
      report,
      seconds: (now() - startTime) / 1000,
    };
    for (const warning of warnings) context.logger.warn(warning);
    context.logger.info(`${result.model} version ${result.modelVersion}: ${result.summary}`);
    dependencies.onChecked?.(finished, assessment.values);
    await dependencies.afterCheck?.({ job, result: finished, context });
    return finished;
  };
}

interface OpenCheck {
  model: MonitoredModel;
  source: RowSource;
  late?: LabelIndex;
  /** Goes over all late labels again, to name those that met no row. */
  lateIds?: () => AsyncIterable<{ id: string }[]>;
  warnings: string[];
  hasTexts: boolean;
}

async function openCheck(dependencies: MonitorDependencies, job: MonitorJob): Promise<OpenCheck> {
  return job.input ? await openInput(dependencies, job) : await openPredictions(dependencies, job);
}

async function openInput(
  { loadModel, confine, labels }: MonitorDependencies,
  job: MonitorJob,
): Promise<OpenCheck> {
  const input = { ...job.input!, path: await confine(job.input!.path) };
  const model = await loadModel(job.model);
  const columns = { ...model.columns, ...job.columns, labelRequired: job.columns.label !== undefined };
  const source = await openScoredRows(input, columns, model.classifier);
  return { model, source, late: await labels.load(model.name), warnings: [], hasTexts: true };
}

async function openPredictions(dependencies: MonitorDependencies, job: MonitorJob): Promise<OpenCheck> {
  const { confine, labels } = dependencies;
  const path = await confine(job.predictions!);
  const { uri, warnings } = await versionThatPredicted(path, job.model);
  const model = await dependencies.loadModel(uri);
  const textColumn = job.columns.text ?? model.columns.text;
  const source = await openPredictedRows(path, textColumn, model.classifier.classes);
  if (!source.hasTexts && model.profile) {
    warnings.push(
      `the predictions have no column "${textColumn}": words and lengths are not compared (predict with the column passed through)`,
    );
  }
  const late = await labels.load(model.name);
  const columns = { label: job.columns.label ?? model.columns.label, id: job.columns.id ?? model.columns.id };
  const file = job.labels === undefined ? undefined : { path: await confine(job.labels) };
  if (file) {
    const rejected = { count: 0 };
    for await (const batch of fileLabels(file, columns, rejected))
      for (const row of batch) late.set(row.id, row.label);
    if (rejected.count > 0) warnings.push(`${rejected.count} rows of ${file.path} have no id or label`);
  }
  // Only a file that belongs to these predictions can have ids that are missing among them.
  const lateIds = file ? () => fileLabels(file, columns, { count: 0 }) : undefined;
  return { model, source, late, ...(lateIds ? { lateIds } : {}), warnings, hasTexts: source.hasTexts };
}

/** An alias may have moved since: what was predicted is judged as the version that predicted it. */
async function versionThatPredicted(path: string, uri: string): Promise<{ uri: string; warnings: string[] }> {
  const version = await predictedVersion(path);
  const [, name, given] = /^models:\/([^@/]+)(.*)$/.exec(uri)!;
  if (version === undefined || !/^\d{1,9}$/.test(version) || given === `/${version}`)
    return { uri, warnings: [] };
  if (/^\/\d+$/.test(given!)) {
    throw new ColaError("MODEL_MISMATCH", `${path} was predicted by version ${version}, not by ${uri}`);
  }
  return { uri: `models:/${name}/${version}`, warnings: [] };
}

async function collect(
  { model, source, late, lateIds }: OpenCheck,
  { signal, progress }: CheckContext,
): Promise<{ collected: Collected; match?: LabelMatch }> {
  const { classifier, terms, tokenise, profile } = model;
  const collector = new RowCollector({
    classes: classifier.classes,
    terms,
    tokenise,
    ...(profile ? { profile } : {}),
    ...(late && late.size > 0 ? { late } : {}),
  });
  let told = Date.now();
  for await (const batch of source.batches()) {
    signal.throwIfAborted();
    collector.add(batch);
    if (Date.now() - told < PROGRESS_MS) continue;
    told = Date.now();
    await progress({ stage: "score", done: collector.rows, unit: "rows" });
  }
  const collected = collector.result();
  if (collected.rows === 0)
    throw new ColaError("INPUT_EMPTY", `no row to check: ${source.rejected().reasons.join("; ")}`);
  if (!late || late.size === 0) return { collected };
  const unknown = { count: 0, first: [] as string[] };
  for await (const batch of late.allMet ? [] : (lateIds?.() ?? [])) {
    for (const { id } of batch) {
      if (late.wasMet(id)) continue;
      unknown.count++;
      if (unknown.first.length < LISTED_IDS) unknown.first.push(id);
    }
  }
  const matched = collected.quality.n;
  return { collected, match: { matched, unlabelled: collected.rows - matched, unknown } };
}

function settingsOf(defaults: ColaConfig["monitor"], job: MonitorJob): CheckSettings {
  return {
    thresholds: job.thresholds ?? {
      accuracy_score: defaults.accuracyThreshold,
      precision_score: defaults.precisionThreshold,
      recall_score: defaults.recallThreshold,
      f1_score: defaults.f1Threshold,
    },
    drop: job.drop ?? { absolute: defaults.absoluteDrop, relative: defaults.relativeDrop },
    minRows: job.minRows ?? defaults.minRows,
    falseAlarmRate: job.falseAlarmRate ?? defaults.falseAlarmRate,
  };
}

function resultOf(
  model: MonitoredModel,
  collected: Collected,
  { ok, verdict, summary, checks, drift, driftAbsent }: Assessment,
  thresholds: MonitorResult["thresholds"],
) {
  const { quality, estimated, rows } = collected;
  return {
    ok,
    verdict,
    summary,
    model: model.name,
    modelVersion: model.version,
    rows,
    n: quality.n,
    metrics: quality.metrics,
    intervals: quality.intervals,
    thresholds,
    checks,
    ...(estimated
      ? { estimated }
      : { estimatedAbsent: "the model has no reference profile to calibrate by" }),
    ...(drift ? { drift } : {}),
    ...(driftAbsent ? { driftAbsent } : {}),
  };
}

function warningsOf(
  { foreignLabels }: Collected,
  { model }: OpenCheck,
  match: LabelMatch | undefined,
): string[] {
  const warnings: string[] = [];
  const { count, first } = foreignLabels;
  if (count > 0) {
    const names = first.map((name) => JSON.stringify(name)).join(", ");
    const known = model.classifier.classes.join(", ");
    warnings.push(
      `${count} rows have a label that is no class of the model (${names}); its classes: ${known}`,
    );
  }
  if (match && match.unknown.count > 0) {
    const ids = match.unknown.first.slice(0, 5).map((id) => JSON.stringify(id.slice(0, 40)));
    warnings.push(
      `${match.unknown.count} labels have an id that no prediction has, such as ${ids.join(", ")}`,
    );
  }
  return warnings;
}

interface FinishedCheck {
  job: MonitorJob;
  context: CheckContext;
  opened: OpenCheck;
  collected: Collected;
  assessment: Assessment;
  result: ReportData["result"];
  startTime: number;
}

/** History, report and run; a report is written before MLflow is asked. */
async function record(
  dependencies: MonitorDependencies,
  { job, context, opened, collected, assessment, result, startTime }: FinishedCheck,
): Promise<{ runId?: string; report: string; warning?: string }> {
  const endTime = (dependencies.now ?? Date.now)();
  const { accuracy_score: accuracy } = collected.quality.metrics;
  const interval = collected.quality.intervals.accuracy_score;
  await dependencies.history.append(result.model, {
    id: context.jobId,
    at: new Date(endTime).toISOString(),
    modelVersion: result.modelVersion,
    rows: result.rows,
    n: result.n,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(interval ? { interval } : {}),
    ...(collected.estimated?.accuracy_score === undefined
      ? {}
      : { estimated: collected.estimated.accuracy_score }),
    ...(assessment.drift ? { driftLevel: assessment.drift.level } : {}),
    verdict: result.verdict,
  });
  const page = htmlReport({
    result,
    at: new Date(endTime),
    source: (job.input?.path ?? job.predictions!).split(/[\\/]/).at(-1)!,
    classes: opened.model.classifier.classes,
    confusion: collected.quality.confusion,
    segments: collected.segments,
    history: await dependencies.history.read(result.model),
    mistakes: collected.mistakes,
  });
  const name = `${result.model}-v${result.modelVersion}-${context.jobId.replace(/[^A-Za-z0-9._-]/g, "-").slice(-80)}.html`;
  const report = await dependencies.writeReport(job.report, name, page);
  const published = await publishCheck(dependencies.publish, {
    job,
    jobId: context.jobId,
    startTime,
    endTime,
    result,
    values: assessment.values,
    segments: collected.segments,
    report: page,
    modelRunId: opened.model.runId,
  });
  return { ...published, report };
}
