import { classRecallMetric } from "@colaml/shared/contracts/alert-rules";
import type { DriftResult, QualityCheck } from "@colaml/shared/contracts/monitor";
import { QUALITY_METRICS } from "@colaml/shared/metrics/metric-table";
import type { Collected } from "./collect-rows";

const LEVELS = { none: 0, warning: 1, alert: 2 } as const;

/** Every metric of a check that rules may watch and MLflow holds, by name; one that has no value is left out. */
export function checkedValues(
  { quality, estimated, estimatedSharesShifted, rows, abstained, foreignLabels, join }: Collected,
  checks: readonly QualityCheck[],
  drift: DriftResult | undefined,
  rejected: number,
): Map<string, number> {
  const values = new Map<string, number>();
  const set = (name: string, value: unknown) => typeof value === "number" && values.set(name, value);
  for (const metric of QUALITY_METRICS) {
    set(metric, quality.metrics[metric]);
    set(`estimated_${metric}`, estimated?.[metric]);
    set(`estimated_shares_shifted_${metric}`, estimatedSharesShifted?.metrics[metric]);
  }
  set("log_loss", quality.metrics.log_loss);
  for (const { class: name, value } of checks) if (name !== undefined) set(classRecallMetric(name), value);
  if (drift) setDrift(drift, values);
  const countOf = (wanted: QualityCheck["status"]) => checks.filter(({ status }) => status === wanted).length;
  values.set("failed_checks", countOf("fail"));
  values.set("warned_checks", countOf("warn"));
  if (abstained !== undefined && rows > 0) values.set("abstain_share", abstained / rows);
  if (rows + rejected > 0) values.set("rejected_share", rejected / (rows + rejected));
  if (quality.n > 0) values.set("foreign_label_share", foreignLabels.rows / quality.n);
  set("ambiguous_id_share", join?.leftOut.share);
  return values;
}

function setDrift(drift: DriftResult, values: Map<string, number>): void {
  for (const { statistic, psi, jensenShannon, level } of drift.scores) {
    values.set(`drift_psi_${statistic}`, psi);
    values.set(`drift_js_${statistic}`, jensenShannon);
    values.set(`drift_level_${statistic}`, LEVELS[level]);
  }
  values.set("drift_level", LEVELS[drift.level]);
  const hasTexts = drift.scores.some(({ statistic }) => statistic === "out_of_vocabulary");
  if (hasTexts) values.set("out_of_vocabulary_share", drift.outOfVocabularyShare.current);
}
