import {
  type DriftResult,
  QUALITY_METRICS,
  type QualityCheck,
  type QualityThresholds,
} from "@colaml/shared/jobs/monitor";
import type { ReferenceProfile } from "@colaml/shared/model/reference-profile";
import { compareWithReference } from "../drift/drift-result";
import { checkQuality, verdictOf } from "../quality/quality-checks";
import type { Collected } from "./collect-rows";
import { allForeignLine } from "./label-findings";

/** What a check is held against. */
export interface CheckSettings {
  thresholds: QualityThresholds;
  drop: { absolute?: number; relative?: number };
  minRows: number;
  falseAlarmRate: number;
  /** Most rows whose id has a label that may be left out of the join, as a share. */
  maxAmbiguous: number;
}

/** What the counts mean. */
export interface Assessment {
  ok: boolean;
  verdict: QualityCheck["status"];
  summary: string;
  checks: QualityCheck[];
  drift?: DriftResult;
  driftAbsent?: string;
  /** Every metric that rules may watch and that has a value. */
  values: Map<string, number>;
}

const LEVELS = { none: 0, warning: 1, alert: 2 } as const;
const NO_PROFILE =
  "the model has no reference profile (data/reference_profile.json): train it again to compare with its training data";

/** Judges the counts of one pass. */
export function assess(
  collected: Collected,
  profile: ReferenceProfile | undefined,
  settings: CheckSettings,
  rejected: number,
): Assessment {
  const reference = profile?.quality.metrics;
  const checks = checkQuality(collected.quality, { ...settings, ...(reference ? { reference } : {}) });
  // labels of another spelling leave nothing to judge by: the check cannot pass, however few there are
  const verdict = allForeignLine(collected) === undefined ? verdictOf(checks) : "fail";
  const compared =
    profile && collected.window && collected.rows > 0
      ? { drift: compareWithReference(profile, collected.window, settings.falseAlarmRate) }
      : { driftAbsent: collected.rows > 0 ? NO_PROFILE : "no rows to compare" };
  const values = valuesOf(collected, checks, compared.drift, rejected);
  for (const metric of QUALITY_METRICS) {
    const [trained, now] = [reference?.[metric], collected.quality.metrics[metric]];
    if (trained !== undefined && now !== undefined) values.set(`drop_${metric}`, trained - now);
  }
  const ok = verdict !== "fail" && compared.drift?.level !== "alert";
  return {
    ok,
    verdict,
    summary: summaryOf(collected, checks, verdict, compared.drift),
    checks,
    ...compared,
    values,
  };
}

function valuesOf(
  { quality, estimated, rows, foreignLabels, join }: Collected,
  checks: readonly QualityCheck[],
  drift: DriftResult | undefined,
  rejected: number,
): Map<string, number> {
  const values = new Map<string, number>();
  const set = (name: string, value: unknown) => typeof value === "number" && values.set(name, value);
  for (const metric of QUALITY_METRICS) {
    set(metric, quality.metrics[metric]);
    set(`estimated_${metric}`, estimated?.[metric]);
  }
  set("log_loss", quality.metrics.log_loss);
  for (const { statistic, psi, jensenShannon, level } of drift?.scores ?? []) {
    values.set(`drift_psi_${statistic}`, psi);
    values.set(`drift_js_${statistic}`, jensenShannon);
    values.set(`drift_level_${statistic}`, LEVELS[level]);
  }
  if (drift) {
    values.set("drift_level", LEVELS[drift.level]);
    const hasTexts = drift.scores.some(({ statistic }) => statistic === "out_of_vocabulary");
    if (hasTexts) values.set("out_of_vocabulary_share", drift.outOfVocabularyShare.current);
  }
  values.set("failed_checks", checks.filter(({ status }) => status === "fail").length);
  if (rows + rejected > 0) values.set("rejected_share", rejected / (rows + rejected));
  if (quality.n > 0) values.set("foreign_label_share", foreignLabels.rows / quality.n);
  set("ambiguous_id_share", join?.leftOut.share);
  return values;
}

/** The failed check that lies furthest below its bound. */
export function worstCheck(checks: readonly QualityCheck[]): QualityCheck | undefined {
  return checks
    .filter(({ status }) => status === "fail")
    .sort((a, b) => a.value! - a.bound - (b.value! - b.bound))[0];
}

const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

function summaryOf(
  collected: Collected,
  checks: readonly QualityCheck[],
  verdict: Assessment["verdict"],
  drift: DriftResult | undefined,
): string {
  const { rows, quality, estimated, foreignLabels, join } = collected;
  const { accuracy_score: accuracy } = quality.metrics;
  const interval = quality.intervals.accuracy_score;
  const parts: string[] = [];
  const allForeign = allForeignLine(collected);
  if (allForeign !== undefined) parts.push(allForeign);
  else if (verdict === "fail") parts.push(`quality fails: ${failuresOf(checks)}`);
  else if (accuracy !== undefined && interval) {
    const range = `95% interval ${percent(interval[0])} to ${percent(interval[1])}`;
    parts.push(`accuracy ${percent(accuracy)} on ${quality.n} labelled rows (${range})`);
    if (verdict === "no verdict") parts.push("too few labelled rows for a verdict");
  } else parts.push(`no labels for the ${rows} rows`);
  if (foreignLabels.rows > 0) {
    parts.push(
      `${foreignLabels.rows} of ${quality.n} labels are not a class of the model and count as wrong`,
    );
  }
  if (join && join.leftOut.rows > 0)
    parts.push(`${join.leftOut.rows} rows not joined: their id is ambiguous`);
  if (accuracy === undefined && estimated?.accuracy_score !== undefined) {
    parts.push(`estimated accuracy ${percent(estimated.accuracy_score)}`);
  }
  if (drift) parts.push(drift.level === "none" ? "no drift" : driftLine(drift));
  return parts.join("; ");
}

function failuresOf(checks: readonly QualityCheck[]): string {
  const worst = worstCheck(checks)!;
  const failed = checks.filter(({ status }) => status === "fail").length;
  const line = `${worst.metric} ${worst.value!.toFixed(4)} is below ${worst.bound.toFixed(4)} (${worst.kind}, n ${worst.n})`;
  return failed > 1 ? `${line} and ${failed - 1} more` : line;
}

function driftLine(drift: DriftResult): string {
  const drifted = drift.scores.filter(({ level }) => level === drift.level);
  const names = drifted.map(({ statistic, psi }) => `${statistic} PSI ${psi.toFixed(3)}`);
  return `drift ${drift.level}: ${names.join(", ")}`;
}
