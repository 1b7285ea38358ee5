import type { ScoredRows } from "../scoring/scored-rows";
import type { Turn } from "./fit-calibration";
import { between } from "./threshold-sweep";

/** Rounds over all classes at most; each only moves a threshold that gains. */
const MOST_ROUNDS = 5;
/** A gain below is rounding. */
const LEAST_GAIN = 1e-12;

/** How good decisions are, kept up to date as rows move from one class to another; higher is better. */
export interface Tally {
  /** A row of class `actual` is decided as `to` instead of `from`. */
  move(actual: number, from: number, to: number): void;
  value(): number;
}

/**
 * Thresholds of more than two classes under the rule "highest probability divided by threshold", by coordinate ascent:
 * of one class after the other the best threshold is taken while the others stay, until nothing is gained. A local
 * best: the search begins at equal thresholds, which decide as the label does, and never gets worse than them.
 * O(rounds x classes x n log n).
 *
 * @param tallyOf a tally of rows decided as given
 * @returns thresholds that sum up to 1
 */
export async function ascendThresholds(
  rows: ScoredRows,
  nClasses: number,
  tallyOf: (classOf: ArrayLike<number>, decided: Uint16Array) => Tally,
  turn: Turn,
): Promise<number[]> {
  const thresholds = new Array<number>(nClasses).fill(1 / nClasses);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let gained = false;
    for (let k = 0; k < nClasses; k++) {
      await turn();
      const found = bestOfClass(rows, nClasses, thresholds, k, tallyOf);
      if (found === undefined) continue;
      thresholds[k] = found;
      gained = true;
    }
    if (!gained) break;
  }
  const sum = thresholds.reduce((a, b) => a + b, 0);
  return thresholds.map((threshold) => threshold / sum);
}

/** A better threshold of class k; undefined if there is none. */
function bestOfClass(
  { classOf, probabilities }: ScoredRows,
  nClasses: number,
  thresholds: readonly number[],
  k: number,
  tallyOf: (classOf: ArrayLike<number>, decided: Uint16Array) => Tally,
): number | undefined {
  const n = classOf.length;
  // A row is decided as k if its ratio is above the threshold of k; else as the best of the other classes.
  const ratios = new Float64Array(n);
  const others = new Uint16Array(n);
  for (let row = 0; row < n; row++) {
    let highest = -1;
    for (let j = 0; j < nClasses; j++) {
      if (j === k) continue;
      const ratio = probabilities[row * nClasses + j]! / thresholds[j]!;
      if (ratio > highest) [highest, others[row]] = [ratio, j];
    }
    const own = probabilities[row * nClasses + k]!;
    ratios[row] = own === 0 ? 0 : own / highest;
  }
  const order = Uint32Array.from(ratios.keys()).sort((a, b) => ratios[b]! - ratios[a]! || a - b);
  const now = Uint16Array.from(ratios, (ratio, row) => (ratio > thresholds[k]! ? k : others[row]!));
  let best = {
    value: tallyOf(classOf, now).value() + LEAST_GAIN,
    threshold: undefined as number | undefined,
  };
  const tally = tallyOf(classOf, others);
  const highest = n === 0 ? 0 : ratios[order[0]!]!;
  if (tally.value() > best.value && Number.isFinite(highest))
    best = { value: tally.value(), threshold: 1 + highest };
  for (let at = 0; at < n; ) {
    const ratio = ratios[order[at]!]!;
    for (; at < n && ratios[order[at]!] === ratio; at++) {
      const row = order[at]!;
      tally.move(classOf[row]!, others[row]!, k);
    }
    const next = at < n ? ratios[order[at]!]! : 0;
    // no other class has a chance: any threshold takes these rows
    const threshold = between(Number.isFinite(ratio) ? ratio : 2 * next + 1, next);
    const value = tally.value();
    if (value > best.value && threshold > 0) best = { value, threshold };
  }
  return best.threshold;
}

/** Macro F1 of the classes that a row is of or is decided as. */
export function macroF1Tally(nClasses: number) {
  return (classOf: ArrayLike<number>, decided: Uint16Array): Tally => {
    const counts = Array.from({ length: nClasses }, () => ({ support: 0, decided: 0, hits: 0 }));
    const f1 = new Float64Array(nClasses);
    let [sum, seen] = [0, 0];
    const update = (k: number, change: () => void) => {
      const of = counts[k]!;
      if (of.support + of.decided > 0) seen--;
      sum -= f1[k]!;
      change();
      f1[k] = of.support + of.decided === 0 ? 0 : (2 * of.hits) / (of.support + of.decided);
      sum += f1[k]!;
      if (of.support + of.decided > 0) seen++;
    };
    for (let row = 0; row < classOf.length; row++) {
      const [actual, as] = [classOf[row]!, decided[row]!];
      update(actual, () => counts[actual]!.support++);
      update(as, () => {
        counts[as]!.decided++;
        if (actual === as) counts[as]!.hits++;
      });
    }
    return {
      value: () => (seen === 0 ? 0 : sum / seen),
      move(actual, from, to) {
        if (from === to) return;
        update(from, () => {
          counts[from]!.decided--;
          if (actual === from) counts[from]!.hits--;
        });
        update(to, () => {
          counts[to]!.decided++;
          if (actual === to) counts[to]!.hits++;
        });
      },
    };
  };
}

/** Minus the sum of costs. @param costs of a row of the first class decided as the second */
export function costTally(costs: readonly (readonly number[])[]) {
  return (classOf: ArrayLike<number>, decided: Uint16Array): Tally => {
    let cost = 0;
    for (let row = 0; row < classOf.length; row++) cost += costs[classOf[row]!]![decided[row]!]!;
    return {
      value: () => -cost,
      move(actual, from, to) {
        cost += costs[actual]![to]! - costs[actual]![from]!;
      },
    };
  };
}
