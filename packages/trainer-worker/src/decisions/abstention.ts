import type { DecisionSettings } from "@colaml/shared/settings/decision-settings";
import { between } from "./threshold-sweep";

/** Rows decided if the least sure are left out, from few rows to all. */
export interface CoveragePoint {
  /** Least confidence of the rows decided: their highest probability. */
  confidence: number;
  /** Share of the rows that are decided. */
  coverage: number;
  /** Share of those that are decided right. */
  accuracy: number;
}

/**
 * Accuracy by coverage: a point for each confidence that occurs, the surest rows first. What selective classification
 * calls the risk-coverage curve, with accuracy for 1 - risk: El-Yaniv & Wiener, "On the foundations of noise-free
 * selective classification" (2010). O(n log n).
 *
 * @param confidences highest probability of each row
 * @param isRight 1 if the decision without abstaining is the class of the row
 */
export function coverageCurve(confidences: Float64Array, isRight: ArrayLike<number>): CoveragePoint[] {
  const order = Uint32Array.from(confidences.keys()).sort(
    (a, b) => confidences[b]! - confidences[a]! || a - b,
  );
  const points: CoveragePoint[] = [];
  let right = 0;
  for (let at = 0; at < order.length; ) {
    const confidence = confidences[order[at]!]!;
    for (; at < order.length && confidences[order[at]!] === confidence; at++) right += isRight[order[at]!]!;
    points.push({ confidence, coverage: at / order.length, accuracy: right / at });
  }
  return points;
}

/** The confidence below which a model abstains, and what could not be reached. */
export interface Cut {
  /** Absent: it never abstains. */
  abstainBelow?: number;
  /** Present if the wish cannot be had on the validation rows, in one line. */
  note?: string;
}

/** The cut that the settings wish for; undefined if they wish for none. */
export function chooseCut(
  { abstain_below, abstain_accuracy, abstain_coverage }: DecisionSettings,
  curve: readonly CoveragePoint[],
): Cut | undefined {
  if (abstain_below > 0) return { abstainBelow: abstain_below };
  if (abstain_coverage > 0) {
    // the fewest rows that are enough; a curve ends at coverage 1
    const at = curve.findIndex(({ coverage }) => coverage >= abstain_coverage);
    return cutBehind(curve, at);
  }
  if (abstain_accuracy === 0) return undefined;
  const at = curve.findLastIndex(({ accuracy }) => accuracy >= abstain_accuracy);
  if (at >= 0) return cutBehind(curve, at);
  const best = curve.reduce((a, b, i) => (b.accuracy > (curve[a]?.accuracy ?? -1) ? i : a), -1);
  const reached = curve[best]?.accuracy.toFixed(4) ?? "none";
  const note = `an accuracy of ${abstain_accuracy} is not reached on the validation rows, however many are left out: the highest, ${reached}, was taken`;
  return { ...cutBehind(curve, best), note };
}

/** The cut halfway to the next confidence; none behind the last one. */
function cutBehind(curve: readonly CoveragePoint[], at: number): Cut {
  const [here, next] = [curve[at], curve[at + 1]];
  if (here === undefined || next === undefined) return {};
  // rows of the cut itself are decided: it must lie above the next
  const middle = between(here.confidence, next.confidence);
  return { abstainBelow: middle > next.confidence ? middle : here.confidence };
}
