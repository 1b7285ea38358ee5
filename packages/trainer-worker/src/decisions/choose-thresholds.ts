import type { DecisionSettings } from "@colaml/shared/settings/decision-settings";
import type { ScoredRows } from "../scoring/scored-rows";
import type { Turn } from "./fit-calibration";
import { jointThresholds } from "./joint-thresholds";
import { costTally, macroF1Tally } from "./threshold-ascent";
import { type Above, bestThreshold, f1Worth, type Worth, wishWorth } from "./threshold-sweep";

/** Thresholds as a bundle holds them, and what could not be reached. */
export interface ChosenThresholds {
  /** Binary: one, of class 1; else one per class. Absent: the label is as good as any that were found. */
  thresholds?: number[];
  /** A line for each wish that cannot be had on the validation rows. */
  notes: string[];
}

const AS_THE_LABEL =
  "no thresholds are better than the label on validation rows that did not pick them: the decision is the label";

/**
 * Thresholds picked on the validation rows. Binary: the best of class 1 for F1, for a wished precision or recall, or for
 * the least cost. More classes: for macro F1 or cost all together (`jointThresholds`), none if the label is as good; for
 * a wished precision or recall each class against the rest.
 *
 * @param costs of a row of the first class decided as the second; absent without a cost matrix
 * @returns undefined if the settings wish for none
 */
export async function chooseThresholds(
  settings: DecisionSettings,
  validation: ScoredRows,
  classes: readonly string[],
  costs: readonly (readonly number[])[] | undefined,
  seed: number,
  turn: Turn,
): Promise<ChosenThresholds | undefined> {
  const nClasses = classes.length;
  if (settings.min_precision > 0 || settings.min_recall > 0) {
    return eachAgainstTheRest(settings, validation, classes, turn);
  }
  if (settings.decide === "none" && costs === undefined) return undefined;
  if (nClasses === 2) {
    const worth = costs === undefined ? f1Worth : costWorth(costs);
    return { thresholds: [thresholdOf(1, validation, 2, worth).threshold], notes: [] };
  }
  const tally = costs === undefined ? macroF1Tally(nClasses) : costTally(costs);
  const thresholds = await jointThresholds(validation, nClasses, tally, seed, turn);
  return thresholds ? { thresholds, notes: [] } : { notes: [AS_THE_LABEL] };
}

/** Minus the cost of all rows, those above decided as class 1. */
function costWorth([ofNegatives, ofPositives]: readonly (readonly number[])[]): Worth {
  return ({ hits, others }: Above, positives, negatives) =>
    -(
      hits * ofPositives![1]! +
      (positives - hits) * ofPositives![0]! +
      others * ofNegatives![1]! +
      (negatives - others) * ofNegatives![0]!
    );
}

function thresholdOf(k: number, { classOf, probabilities }: ScoredRows, nClasses: number, worth: Worth) {
  const scores = Float64Array.from(classOf, (_, row) => probabilities[row * nClasses + k]!);
  const isPositive = Uint8Array.from(classOf, (actual) => (actual === k ? 1 : 0));
  return bestThreshold(scores, isPositive, worth);
}

async function eachAgainstTheRest(
  settings: DecisionSettings,
  validation: ScoredRows,
  classes: readonly string[],
  turn: Turn,
): Promise<ChosenThresholds> {
  const { min_precision, min_recall } = settings;
  const [what, wished] = min_precision > 0 ? ["precision", min_precision] : ["recall", min_recall];
  const which = classes.length === 2 ? [1] : classes.map((_, k) => k);
  const thresholds: number[] = [];
  const notes: string[] = [];
  for (const k of which) {
    await turn();
    const { threshold, worth } = thresholdOf(k, validation, classes.length, wishWorth(settings));
    thresholds.push(threshold);
    if (worth >= 1) continue;
    notes.push(
      `a ${what} of ${wished} is not reached for class ${JSON.stringify(classes[k])} on the validation rows: the highest, ${worth.toFixed(4)}, was taken`,
    );
  }
  return { thresholds, notes };
}
