import type { ColaConfig } from "@colaml/shared/config/schema";
import type { MonitorJob, MonitorResult } from "@colaml/shared/jobs/monitor";
import type { MonitoredModel } from "../monitored-model";
import type { Assessment, CheckSettings } from "./assessment";
import type { Collected } from "./collect-rows";

/** The settings of a check: what the job says, else what is configured. */
export function settingsOf(defaults: ColaConfig["monitor"], job: MonitorJob): CheckSettings {
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
    maxAmbiguous: job.maxAmbiguous ?? defaults.maxAmbiguous,
  };
}

/** The part of the result that rows, labels and model give. */
export function resultOf(
  model: MonitoredModel,
  collected: Collected,
  { ok, verdict, summary, checks, drift, driftAbsent }: Assessment,
  thresholds: MonitorResult["thresholds"],
) {
  const { quality, estimated, rows, foreignLabels } = collected;
  return {
    ok,
    verdict,
    summary,
    model: model.name,
    modelVersion: model.version,
    rows,
    n: quality.n,
    foreignLabels,
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
