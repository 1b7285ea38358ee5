import type { ColaConfig } from "@colaml/shared/config/schema";
import type { LabelMatch, MonitorJob, MonitorResult } from "@colaml/shared/jobs/monitor";
import type { MonitoredModel } from "../monitored-model";
import type { Assessment, CheckSettings } from "./assessment";
import type { Collected } from "./collect-rows";
import type { OpenCheck } from "./open-check";

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
  };
}

/** The part of the result that rows, labels and model give. */
export function resultOf(
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

/** What the labels of a check did not fit, in one line each. */
export function warningsOf(
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
