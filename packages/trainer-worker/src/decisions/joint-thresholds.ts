import { createDecider } from "@colaml/shared/learning/model/decision-rule";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import type { ScoredRows } from "../scoring/scored-rows";
import type { Turn } from "./fit-calibration";
import { stratifiedFolds } from "./stratified-folds";
import { ascendThresholds, type Tally } from "./threshold-ascent";

/** Half of the rows picks thresholds for the other half: with five folds many classes would take minutes. */
const FOLDS = 2;

/**
 * Thresholds of more than two classes that are better than the label on rows that did not pick them. With many classes
 * and few rows the best thresholds of the validation rows fit their chance, and are worse than none on others.
 *
 * @param tallyOf what the thresholds are to raise
 * @returns undefined if the label is as good
 */
export async function jointThresholds(
  rows: ScoredRows,
  nClasses: number,
  tallyOf: (classOf: ArrayLike<number>, decided: Uint16Array) => Tally,
  seed: number,
  turn: Turn,
): Promise<number[] | undefined> {
  const { classOf, probabilities } = rows;
  const folds = stratifiedFolds(classOf, nClasses, FOLDS, seed);
  const labels = predictedClasses(probabilities, nClasses);
  const decided = labels.slice();
  for (let fold = 0; fold < FOLDS; fold++) {
    const others = partOf(rows, nClasses, (row) => folds[row] !== fold);
    const thresholds = await ascendThresholds(others, nClasses, tallyOf, turn);
    const { decide } = createDecider({ thresholds, abstainWord: "" }, new Array<string>(nClasses).fill(""));
    for (let row = 0; row < folds.length; row++) {
      if (folds[row] === fold) decided[row] = decide(probabilities, labels[row]!, row * nClasses);
    }
  }
  if (tallyOf(classOf, decided).value() <= tallyOf(classOf, labels).value()) return undefined;
  return ascendThresholds(rows, nClasses, tallyOf, turn);
}

function partOf(
  { classOf, probabilities }: ScoredRows,
  nClasses: number,
  isIn: (row: number) => boolean,
): ScoredRows {
  const kept = Uint32Array.from(classOf.keys()).filter(isIn);
  const part = {
    classOf: Uint16Array.from(kept, (row) => classOf[row]!),
    probabilities: new Float64Array(kept.length * nClasses),
  };
  for (const [at, row] of kept.entries())
    part.probabilities.set(probabilities.subarray(row * nClasses, (row + 1) * nClasses), at * nClasses);
  return part;
}
