import type { ColaConfig } from "@colaml/shared/config/schema";
import type { AlertRule } from "@colaml/shared/jobs/alert-rules";
import type { MonitorJob, MonitorResult } from "@colaml/shared/jobs/monitor";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { AlertEngine } from "./alerts/alert-engine";
import { observationsOf } from "./alerts/observations";
import { assess } from "./check/assessment";
import { resultOf, settingsOf, warningsOf } from "./check/check-result";
import { collect } from "./check/collect-check";
import { type OpenCheckDependencies, openCheck } from "./check/open-check";
import { type RecordDependencies, record } from "./check/record-check";

/** What happens with alerts that start something: see `loop/closed-loop.ts`. */
export type AfterCheck = (check: {
  job: MonitorJob;
  result: MonitorResult;
  context: CheckContext;
}) => Promise<void>;

export interface MonitorDependencies extends OpenCheckDependencies, RecordDependencies {
  alerts: AlertEngine;
  rules: readonly AlertRule[];
  settings: ColaConfig["monitor"];
  /** Gauges of `/metrics`. */
  onChecked?: (result: MonitorResult, values: ReadonlyMap<string, number>) => void;
  afterCheck?: AfterCheck;
}

/** What a check needs of the job it runs in. */
export type CheckContext = Pick<JobContext, "jobId" | "signal" | "logger" | "progress">;

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
      jobId: context.jobId,
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
