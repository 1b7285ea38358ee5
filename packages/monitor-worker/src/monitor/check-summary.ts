import type { DriftResult, QualityCheck } from "@colaml/shared/contracts/monitor";
import type { Collected } from "./collect-rows";
import { allForeignLine } from "./label-findings";

/** The check that lies furthest below its bound, of those with a status. */
export function worstCheck(
  checks: readonly QualityCheck[],
  status: QualityCheck["status"],
): QualityCheck | undefined {
  return checks
    .filter((check) => check.status === status)
    .sort((a, b) => a.value! - a.bound - (b.value! - b.bound))[0];
}

const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

/** A check in one line for a person. */
export function summaryOf(
  collected: Collected,
  checks: readonly QualityCheck[],
  verdict: QualityCheck["status"],
  { drift, driftAbsent }: { drift?: DriftResult; driftAbsent?: string },
): string {
  const { quality, foreignLabels, join } = collected;
  const { accuracy_score: accuracy } = quality.metrics;
  const interval = quality.intervals.accuracy_score;
  const parts: string[] = [];
  const allForeign = allForeignLine(collected);
  if (allForeign !== undefined) parts.push(allForeign);
  else if (verdict === "fail") parts.push(`quality fails: ${belowBound(checks, "fail")}`);
  else if (accuracy !== undefined && interval) {
    const range = `95% interval ${percent(interval[0])} to ${percent(interval[1])}`;
    parts.push(`accuracy ${percent(accuracy)} on ${quality.n} labelled rows (${range})`);
    if (verdict === "no verdict") parts.push("too few labelled rows for a verdict");
    if (verdict === "warn") parts.push(`warning, chance may explain it: ${belowBound(checks, "warn")}`);
  } else parts.push(noLabelsLine(collected));
  if (foreignLabels.rows > 0) {
    parts.push(
      `${foreignLabels.rows} of ${quality.n} labels are not a class of the model and count as wrong`,
    );
  }
  if (join && join.leftOut.rows > 0)
    parts.push(`${join.leftOut.rows} rows not joined: their id is ambiguous`);
  if (accuracy === undefined) parts.push(...estimateLine(collected));
  if (drift) parts.push(drift.level === "none" ? "no drift" : driftLine(drift));
  else if (driftAbsent !== undefined) parts.push(`drift not compared: ${driftAbsent}`);
  return parts.join("; ");
}

const noLabelsLine = ({ rows, labelsAbsent }: Collected) =>
  `no labels for the ${rows} rows${labelsAbsent === undefined ? "" : ` (${labelsAbsent})`}`;

/** Both ends of what to expect: only the texts moved, or only the classes' shares. */
function estimateLine({ estimated, estimatedSharesShifted }: Collected): string[] {
  const texts = estimated?.accuracy_score;
  const shares = estimatedSharesShifted?.metrics.accuracy_score;
  if (texts === undefined) return [];
  if (shares === undefined || percent(shares) === percent(texts))
    return [`estimated accuracy ${percent(texts)}`];
  return [
    `estimated accuracy ${percent(texts)} if only the texts moved, ${percent(shares)} if the classes' shares did`,
  ];
}

function belowBound(checks: readonly QualityCheck[], status: "fail" | "warn"): string {
  const worst = worstCheck(checks, status)!;
  const alike = checks.filter((check) => check.status === status).length;
  const name =
    worst.class === undefined ? worst.metric : `${worst.metric} of class ${JSON.stringify(worst.class)}`;
  const line = `${name} ${worst.value!.toFixed(4)} is below ${worst.bound.toFixed(4)} (${worst.kind}, n ${worst.n})`;
  return alike > 1 ? `${line} and ${alike - 1} more` : line;
}

function driftLine(drift: DriftResult): string {
  const drifted = drift.scores.filter(({ level }) => level === drift.level);
  const names = drifted.map(({ statistic, psi }) => `${statistic} PSI ${psi.toFixed(3)}`);
  return `drift ${drift.level}: ${names.join(", ")}`;
}
