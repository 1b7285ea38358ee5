import { z } from "zod";
import { abstainWord } from "../../settings/decision-settings";

/** `decision` of a bundle: what the column `decision` says beside the label. */
export const decisionRuleSchema = z.strictObject({
  /** Binary: one, of class 1; else one per class. Absent: the decision is the label. */
  thresholds: z.array(z.number().gt(0).max(1)).min(1).optional(),
  /** Abstains if the highest probability is below; absent: never. */
  abstainBelow: z.number().gt(0).max(1).optional(),
  /** What stands in the place of a class then. */
  abstainWord,
});
export type DecisionRule = z.infer<typeof decisionRuleSchema>;

export interface Decider {
  /** The classes, and the word for abstaining last. */
  readonly names: readonly string[];
  /**
   * Index of the decision among `names`. Binary: class 1 if its probability is above the threshold. More classes: the
   * class of the highest probability divided by threshold, the first of equals.
   *
   * @param label the most probable class
   * @param offset where the row's probabilities begin
   */
  decide(probabilities: ArrayLike<number>, label: number, offset?: number): number;
}

/** The decisions of a rule. */
export function createDecider(
  { thresholds, abstainBelow = 0, abstainWord }: DecisionRule,
  classes: readonly string[],
): Decider {
  const nClasses = classes.length;
  return {
    names: [...classes, abstainWord],
    decide(probabilities, label, offset = 0) {
      if (probabilities[offset + label]! < abstainBelow) return nClasses;
      if (thresholds === undefined) return label;
      if (nClasses === 2) return probabilities[offset + 1]! > thresholds[0]! ? 1 : 0;
      let best = 0;
      let highest = probabilities[offset]! / thresholds[0]!;
      for (let k = 1; k < nClasses; k++) {
        const ratio = probabilities[offset + k]! / thresholds[k]!;
        if (ratio > highest) [best, highest] = [k, ratio];
      }
      return best;
    },
  };
}
