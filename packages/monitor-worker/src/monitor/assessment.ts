import type { DriftResult, QualityCheck } from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { QUALITY_METRICS } from "@colaml/shared/metrics/metric-table";
import type { DriftReference } from "../drift/drift-reference";
import { compareWithReference } from "../drift/drift-result";
import type { TestQuality } from "../quality/measured-metric";
import type { QualityLimits } from "../quality/quality-bounds";
import { checkQuality, verdictOf } from "../quality/quality-checks";
import { summaryOf } from "./check-summary";
import { checkedValues } from "./checked-values";
import type { Collected } from "./collect-rows";
import { allForeignLine } from "./label-findings";

/** What a check is held against. */
export interface CheckSettings extends QualityLimits {
  /** Classes whose recall is checked by itself. */
  namedClasses: readonly string[];
  minRows: number;
  driftMinRows: number;
  falseAlarmRate: number;
  /** Most rows whose id has a label that may be left out of the join, as a share. */
  maxAmbiguous: number;
}

/** What the rows are compared with. */
export interface CheckReference {
  classes: readonly string[];
  /** Absent if the model was published without one. */
  profile?: ReferenceProfile;
  /** Rows to compare with instead of the training's. */
  drift?: DriftReference;
}

/** What the counts mean. */
export interface Assessment {
  ok: boolean;
  /** Of the quality checks; drift may fail what they do not, see `ok`. */
  verdict: QualityCheck["status"];
  summary: string;
  checks: QualityCheck[];
  drift?: DriftResult;
  driftAbsent?: string;
  /** Every metric that rules may watch and that has a value. */
  values: Map<string, number>;
}

const NO_PROFILE =
  "the model has no reference profile (data/reference_profile.json): train it again to compare with its training data";

/** Judges the counts of one pass. */
export function assess(
  collected: Collected,
  reference: CheckReference,
  settings: CheckSettings,
  rejected: number,
): Assessment {
  const { classes, profile } = reference;
  const test = profile && testQualityOf(profile);
  const checks = checkQuality(collected.quality, { ...settings, classes, ...(test ? { test } : {}) });
  // labels of another spelling leave nothing to judge by: the check cannot pass, however few there are
  const verdict = allForeignLine(collected) === undefined ? verdictOf(checks) : "fail";
  const compared = compare(collected, reference, settings);
  const values = checkedValues(collected, checks, compared.drift, rejected);
  for (const metric of QUALITY_METRICS) {
    const [trained, now] = [test?.metrics[metric], collected.quality.metrics[metric]];
    if (trained !== undefined && now !== undefined) values.set(`drop_${metric}`, trained - now);
  }
  const ok = verdict !== "fail" && compared.drift?.level !== "alert";
  const summary = summaryOf(collected, checks, verdict, compared);
  return { ok, verdict, summary, checks, ...compared, values };
}

function testQualityOf({ quality: { metrics, classes } }: ReferenceProfile): TestQuality {
  return { metrics, ...(classes ? { classes } : {}) };
}

function compare(
  { window, rows }: Collected,
  { profile, drift: reference }: CheckReference,
  { driftMinRows, falseAlarmRate }: CheckSettings,
): Pick<Assessment, "drift" | "driftAbsent"> {
  if (rows === 0) return { driftAbsent: "no rows to compare" };
  if (!profile || !window) return { driftAbsent: NO_PROFILE };
  const few = [rows, reference?.counts.rows ?? rows].find((count) => count < driftMinRows);
  if (few !== undefined) {
    const needed = `drift needs ${driftMinRows} (--drift-min-rows, COLAML_DRIFT_MIN_ROWS)`;
    return { driftAbsent: `only ${few} rows${few === rows ? "" : " of the reference"}: ${needed}` };
  }
  return { drift: compareWithReference(profile, window, falseAlarmRate, reference) };
}
