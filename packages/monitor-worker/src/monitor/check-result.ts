import { type AlertRule, classOfRule } from "@colaml/shared/contracts/alert-rules";
import { parseClassRecall } from "@colaml/shared/contracts/class-recall";
import type { MonitorJob, MonitorResult, QualityThresholds } from "@colaml/shared/contracts/monitor";
import { thresholdSettings } from "@colaml/shared/settings/monitor-settings";
import { payloadOf } from "@colaml/shared/settings/payload-fields";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { flagOf } from "@colaml/shared/settings/setting-flag";
import type { Assessment, CheckSettings } from "./assessment";
import type { Collected } from "./collect-rows";
import type { MonitoredModel } from "./monitored-model";

/**
 * The settings of a check: what the job says, else what is configured. Classes that a threshold or a rule names are
 * checked by themselves.
 */
export function settingsOf(
  defaults: ColaConfig["monitor"],
  job: MonitorJob,
  rules: readonly Pick<AlertRule, "metric">[] = [],
): CheckSettings {
  const thresholds = job.thresholds ?? configuredThresholds(defaults);
  // A value that is still the default was set by nobody.
  const byDefault = Object.values(thresholdSettings)
    .filter((setting) => thresholds[setting.payload!] === setting.default)
    .map((setting) => [setting.payload, `--${flagOf(setting)} (${setting.env})`]);
  const ofRules = rules.map(({ metric }) => classOfRule(metric)).filter((name) => name !== undefined);
  return {
    thresholds,
    byDefault: Object.fromEntries(byDefault),
    namedClasses: [...new Set([...Object.keys(thresholds.class_recall ?? {}), ...ofRules])],
    drop: job.drop ?? { absolute: defaults.absoluteDrop, relative: defaults.relativeDrop },
    defaultDrop: job.drop?.absolute ?? defaults.absoluteDrop,
    minRows: job.minRows ?? defaults.minRows,
    driftMinRows: job.driftMinRows ?? defaults.driftMinRows,
    falseAlarmRate: job.falseAlarmRate ?? defaults.falseAlarmRate,
    maxAmbiguous: job.maxAmbiguous ?? defaults.maxAmbiguous,
  };
}

function configuredThresholds(defaults: ColaConfig["monitor"]): QualityThresholds {
  const classRecall = parseClassRecall(defaults.classRecall);
  return {
    ...payloadOf(thresholdSettings, defaults),
    ...(classRecall ? { class_recall: classRecall } : {}),
  };
}

/** The part of the result that rows, labels and model give. */
export function resultOf(
  model: MonitoredModel,
  collected: Collected,
  { ok, verdict, summary, checks, drift, driftAbsent }: Assessment,
  thresholds: MonitorResult["thresholds"],
) {
  const { quality, estimated, estimatedSharesShifted, rows, abstained, foreignLabels } = collected;
  return {
    ok,
    // Drift at `alert` fails the check as quality does: one word everywhere, whatever failed.
    verdict: ok ? verdict : ("fail" as const),
    summary,
    model: model.name,
    modelVersion: model.version,
    rows,
    ...(abstained === undefined || rows === 0
      ? {}
      : { abstained: { rows: abstained, share: abstained / rows } }),
    n: quality.n,
    foreignLabels,
    metrics: quality.metrics,
    intervals: quality.intervals,
    thresholds,
    checks,
    ...(estimated
      ? { estimated }
      : { estimatedAbsent: "the model has no reference profile to calibrate by" }),
    ...(estimatedSharesShifted ? { estimatedSharesShifted } : {}),
    ...(drift ? { drift } : {}),
    ...(driftAbsent ? { driftAbsent } : {}),
  };
}
