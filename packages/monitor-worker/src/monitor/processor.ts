import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import { labelsFileOf, type MonitorJob, type MonitorResult } from "@colaml/shared/contracts/monitor";
import { type WithoutKnownWords, warnWithoutKnownWords } from "@colaml/shared/contracts/without-known-words";
import type { AssertHeld } from "@colaml/shared/queue/exclusive-lock";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { AlertEngine, EngineResult } from "../alerts/alert-engine";
import type { ReportData } from "../report/html-report";
import { type LatestPredictions, withRows } from "../rows/latest-predictions";
import { type Assessment, assess } from "./assessment";
import { resultOf, settingsOf } from "./check-result";
import { collect } from "./collect-check";
import type { Collected } from "./collect-rows";
import { checkJoin, labelWarnings } from "./label-findings";
import { observationsOf } from "./observations";
import { type OpenCheck, type OpenCheckDependencies, openCheck } from "./open-check";
import { type RecordDependencies, record } from "./record-check";

/** A check that is reported and recorded, for what follows it. */
export interface RecordedCheck {
  job: MonitorJob;
  result: MonitorResult;
  /** Incidents that are open after it. */
  open: EngineResult["open"];
  context: CheckContext;
  held: AssertHeld;
}

/** What follows a check, see `loop/closed-loop.ts`; returns a line for each thing it did, or why it did not. */
export type AfterCheck = (check: RecordedCheck) => Promise<string[]>;

export interface MonitorDependencies extends OpenCheckDependencies, RecordDependencies {
  alerts: AlertEngine;
  rules: readonly AlertRule[];
  settings: ColaConfig["monitor"];
  latestPredictions: LatestPredictions;
  /** Runs its work while no other check of the model is in there, in whatever process. */
  exclusively: <T>(model: string, work: (held: AssertHeld) => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Gauges of `/metrics`. */
  onChecked?: (result: MonitorResult, values: ReadonlyMap<string, number>) => void;
  afterCheck?: AfterCheck;
}

/** What a check needs of the job it runs in. */
export type CheckContext = Pick<JobContext, "jobId" | "addedAt" | "signal" | "logger" | "progress">;

/**
 * Checks a model version on the rows of a job: quality if there are labels, estimated quality and drift if
 * the model has a profile; alerts, report, a run in MLflow.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_MISMATCH, INPUT_NOT_FOUND, INPUT_EMPTY, COLUMN_NOT_FOUND, LABELS_INVALID,
 *   OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export function createMonitorProcessor(dependencies: MonitorDependencies) {
  const now = dependencies.now ?? Date.now;
  return async (requested: MonitorJob, context: CheckContext): Promise<MonitorResult> => {
    const startTime = now();
    const job = await withRows(dependencies.latestPredictions, requested);
    await dependencies.reports.check(job, context.jobId);
    const opened = await openCheck(dependencies, job);
    const { collected, match, reference } = await collect(opened, context);
    const { profile, classifier, name } = opened.model;
    const rules = rulesFor(dependencies.rules, name);
    const settings = settingsOf(dependencies.settings, job, rules);
    checkJoin(match, settings.maxAmbiguous, labelsFileOf(job)?.path);
    const { count: rejected, reasons } = opened.source.rejected();
    const path = (job.input?.path ?? job.predictions)!;
    checkRejected(job.maxRejected, { rows: collected.rows, rejected }, true, { path, reasons });
    const against = {
      classes: classifier.classes,
      ...(profile ? { profile } : {}),
      ...(reference ? { drift: reference } : {}),
    };
    const assessment = assess(collected, against, settings, rejected);
    const unknown = withoutKnownWordsOf(collected);
    const warning = warnWithoutKnownWords(unknown, collected.window?.texts ?? 0);
    const judged = {
      ...resultOf(opened.model, collected, assessment, settings.thresholds),
      rejected,
      ...(unknown ? { withoutKnownWords: unknown } : {}),
      ...(match ? { labels: match } : {}),
      warnings: [
        ...opened.warnings,
        ...reasons,
        ...(opened.reference?.source.rejected().reasons.map((reason) => `reference: ${reason}`) ?? []),
        ...labelWarnings(collected, opened.model.classifier.classes, match),
        ...(warning ? [warning] : []),
      ],
    };
    const check = { job, context, opened, collected, assessment, judged, startTime };
    const finished = await dependencies.exclusively(
      opened.model.name,
      (held) => conclude(dependencies, check, held),
      context.signal,
    );
    for (const warning of finished.warnings) context.logger.warn(warning);
    context.logger.info(`${finished.model} version ${finished.modelVersion}: ${finished.summary}`);
    dependencies.onChecked?.(finished, assessment.values);
    return finished;
  };
}

/** Absent if there are no texts, or the model has no profile: nothing counts words then. */
function withoutKnownWordsOf({ window }: Collected): WithoutKnownWords | undefined {
  return window && window.texts > 0 ? { rows: window.withoutKnownWords } : undefined;
}

const rulesFor = (rules: readonly AlertRule[], model: string) =>
  rules.filter((rule) => rule.model === undefined || rule.model === model);

interface JudgedCheck {
  job: MonitorJob;
  context: CheckContext;
  opened: OpenCheck;
  collected: Collected;
  assessment: Assessment;
  judged: Omit<ReportData["result"], "alerts" | "openIncidents">;
  startTime: number;
}

/** What reads and changes the state of a model: alerts, history, report and run, closed loop. */
async function conclude(
  dependencies: MonitorDependencies,
  { judged, ...check }: JudgedCheck,
  held: AssertHeld,
): Promise<MonitorResult> {
  const { job, context, opened, assessment, startTime } = check;
  const { model } = opened;
  const observations = observationsOf(assessment, rulesFor(dependencies.rules, model.name));
  const told = await dependencies.alerts.evaluate(model, observations, context.jobId, held);
  const result = { ...judged, alerts: told.alerts, openIncidents: told.open.map(({ id }) => id) };
  const { jobId, addedAt, signal } = context;
  const { runId, seriesRunId, report, warning } = await record(dependencies, {
    ...check,
    jobId,
    addedAt,
    signal,
    result,
  });
  const recorded: MonitorResult = {
    ...result,
    warnings: [...result.warnings, ...(warning ? [warning] : [])],
    ...(runId ? { runId } : {}),
    ...(seriesRunId ? { seriesRunId } : {}),
    report,
    seconds: ((dependencies.now ?? Date.now)() - startTime) / 1000,
  };
  const loop = await dependencies.afterCheck?.({ job, result: recorded, open: told.open, context, held });
  return loop && loop.length > 0 ? { ...recorded, loop } : recorded;
}
