import type { DecisionSettings } from "@colaml/shared/settings/decision-settings";

/** Rows at or above a threshold: `hits` are of the class, `others` are not. */
export interface Above {
  hits: number;
  others: number;
}

/** How good a threshold is; higher is better, and the first of equals, the highest threshold, is taken. */
export type Worth = (above: Above, positives: number, negatives: number) => number;

/** Precision; undefined of no row. */
const precisionOf = ({ hits, others }: Above) => (hits + others === 0 ? 0 : hits / (hits + others));

/** F1 of the class. */
export const f1Worth: Worth = ({ hits, others }, positives) =>
  hits === 0 ? 0 : (2 * hits) / (hits + others + positives);

/**
 * What a wished precision or recall makes of a threshold: above 1 if it holds the wish, by the other of the two; else
 * how near it comes.
 */
export function wishWorth({ min_precision, min_recall }: DecisionSettings): Worth {
  return (above, positives) => {
    const precision = precisionOf(above);
    const recall = positives === 0 ? 0 : above.hits / positives;
    if (min_precision > 0) return precision >= min_precision ? 1 + recall : precision;
    return recall >= min_recall ? 1 + precision : recall;
  };
}

/**
 * The best threshold of a class against the rest, halfway between two scores that differ: what is above it is decided
 * to be of the class. O(n log n).
 *
 * @param scores probability of the class, per row
 * @param isPositive 1 if the row is of the class
 * @returns above 0 and at most 1, with its worth
 */
export function bestThreshold(
  scores: Float64Array,
  isPositive: ArrayLike<number>,
  worth: Worth,
): { threshold: number; worth: number } {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  let positives = 0;
  for (let i = 0; i < order.length; i++) positives += isPositive[i]!;
  const negatives = order.length - positives;
  const highest = order.length === 0 ? 1 : scores[order[0]!]!;
  const above = { hits: 0, others: 0 };
  let best = { threshold: between(1, highest), worth: worth(above, positives, negatives) };
  for (let at = 0; at < order.length; ) {
    const score = scores[order[at]!]!;
    for (; at < order.length && scores[order[at]!] === score; at++) {
      if (isPositive[order[at]!]) above.hits++;
      else above.others++;
    }
    const value = worth(above, positives, negatives);
    const threshold = between(score, at < order.length ? scores[order[at]!]! : 0);
    // nothing lies between 0 and 0
    if (value > best.worth && threshold > 0) best = { threshold, worth: value };
  }
  return best;
}

/** Halfway, but below `upper`: what is equal to a threshold is not above it. */
export function between(upper: number, lower: number): number {
  const middle = lower + (upper - lower) / 2;
  return middle < upper ? middle : lower;
}
