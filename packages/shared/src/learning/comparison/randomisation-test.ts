import { type CountedClasses, classCounts } from "../../metrics/class-counts";
import { valueOfCounts } from "../../metrics/metric";
import { type CountMetricName, METRICS } from "../../metrics/metric-table";
import { MersenneTwister } from "../data/mersenne-twister";

/** Resamples of the test: the least p is 1 / (resamples + 1). */
const RESAMPLES = 9_999;

/** Rows with the same actual class and the same two predictions, which differ. */
interface Cell {
  actual: number;
  challenger: number;
  champion: number;
  rows: number;
}

/**
 * The paired randomisation test of two classifiers by a metric of their counts, such as F1, one-sided: if neither is better, the two predictions
 * of a row may be swapped with chance 1/2. p is the share of resamples (the observed one among them) in which the
 * challenger leads by at least as much as it does.
 * Sources: Noreen, "Computer-Intensive Methods for Testing Hypotheses" (1989); Yeh, "More accurate tests for the
 * statistical significance of result differences", COLING 2000. Rows of equal predictions change nothing, and of c
 * equal cells Binomial(c, 1/2) are swapped: a resample costs the number of cells, not of rows.
 *
 * @param actual class index of each row; the predictions have as many
 * @param seed the same seed gives the same p
 */
export function randomisationTest(
  actual: ArrayLike<number>,
  challenger: ArrayLike<number>,
  champion: ArrayLike<number>,
  nClasses: number,
  metric: CountMetricName,
  seed: number,
): { difference: number; p: number; resamples: number } {
  const [ours, theirs] = [classCounts(actual, challenger, nClasses), classCounts(actual, champion, nClasses)];
  const value = (counts: CountedClasses) => valueOfCounts(METRICS[metric], counts) ?? 0;
  const lead = () => value(ours) - value(theirs);
  const difference = lead();
  const cells = cellsOf(actual, challenger, champion, nClasses);
  const random = new MersenneTwister(seed);
  const swapped = new Float64Array(cells.length);
  let asMuch = 1;
  for (let i = 0; i < RESAMPLES; i++) {
    cells.forEach((cell, at) => {
      const swaps = binomialHalf(cell.rows, random);
      move(ours, theirs, cell, swaps - swapped[at]!);
      swapped[at] = swaps;
    });
    // Sums in another order differ in the last bits: equal leads count as equal.
    if (lead() >= difference - 1e-12) asMuch++;
  }
  return { difference, p: asMuch / (RESAMPLES + 1), resamples: RESAMPLES };
}

/** Gives `rows` rows of a cell the other's prediction in both; negative numbers take that back. */
function move(ours: CountedClasses, theirs: CountedClasses, cell: Cell, rows: number): void {
  const { actual, challenger, champion } = cell;
  ours.predicted[challenger]! -= rows;
  ours.predicted[champion]! += rows;
  theirs.predicted[champion]! -= rows;
  theirs.predicted[challenger]! += rows;
  if (challenger === actual) {
    ours.correct[actual]! -= rows;
    theirs.correct[actual]! += rows;
  }
  if (champion === actual) {
    ours.correct[actual]! += rows;
    theirs.correct[actual]! -= rows;
  }
}

function cellsOf(
  actual: ArrayLike<number>,
  challenger: ArrayLike<number>,
  champion: ArrayLike<number>,
  nClasses: number,
): Cell[] {
  const cells = new Map<number, Cell>();
  for (let i = 0; i < actual.length; i++) {
    if (challenger[i] === champion[i]) continue;
    const key = (actual[i]! * nClasses + challenger[i]!) * nClasses + champion[i]!;
    const cell = cells.get(key);
    if (cell) cell.rows++;
    else cells.set(key, { actual: actual[i]!, challenger: challenger[i]!, champion: champion[i]!, rows: 1 });
  }
  return [...cells.values()];
}

/** Successes in n tries of chance 1/2: the set bits among n random ones. O(n / 32). */
function binomialHalf(n: number, random: MersenneTwister): number {
  let successes = 0;
  for (let left = n; left > 0; left -= 32) {
    const bits = random.nextUint32();
    successes += bitsOf(left >= 32 ? bits : bits >>> (32 - left));
  }
  return successes;
}

/** Set bits of a 32-bit word (Warren, "Hacker's Delight", 5-1). */
function bitsOf(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
