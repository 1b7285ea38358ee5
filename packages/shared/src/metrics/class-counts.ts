/** Rows of each class: those that are of it, those predicted to be, and those that are both. May be fractional. */
export interface ClassCounts {
  actual: ArrayLike<number>;
  /** Foreign rows among them. */
  predicted: ArrayLike<number>;
  correct: ArrayLike<number>;
  /** Rows whose label is not a class of the model: what is predicted for them is wrong. */
  foreign?: number;
}

/** Counts that can be changed. */
export type CountedClasses = Record<"actual" | "predicted" | "correct", Float64Array>;

/** Counts of class indexes. */
export function classCounts(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  nClasses: number,
): CountedClasses {
  const counts = {
    actual: new Float64Array(nClasses),
    predicted: new Float64Array(nClasses),
    correct: new Float64Array(nClasses),
  };
  for (let i = 0; i < actual.length; i++) {
    counts.actual[actual[i]!]!++;
    counts.predicted[predicted[i]!]!++;
    if (actual[i] === predicted[i]) counts.correct[actual[i]!]!++;
  }
  return counts;
}

/** @param confusion rows by actual class, the foreign ones last if there are any, then by predicted class */
export function classCountsOf(confusion: readonly (readonly number[])[]): ClassCounts {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofClasses = confusion.slice(0, confusion[0]?.length);
  return {
    actual: ofClasses.map(sum),
    predicted: ofClasses.map((_, k) => sum(confusion.map((row) => row[k]!))),
    correct: ofClasses.map((row, k) => row[k]!),
    foreign: sum(confusion.slice(ofClasses.length).map(sum)),
  };
}

/** All rows, the foreign ones among them. */
export function rowsOf({ actual, foreign = 0 }: ClassCounts): number {
  let rows = foreign;
  for (let k = 0; k < actual.length; k++) rows += actual[k]!;
  return rows;
}
