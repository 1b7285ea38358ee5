import { type ClassCounts, rowsOf } from "./class-counts";

/** A share of rows: how many speak for it, and how many of those succeed. Both may be fractional. */
export interface Share {
  successes: number;
  n: number;
}

interface Facts {
  /** For people, in a sentence: `macro F1`. */
  title: string;
  /**
   * Checks of quality, thresholds, estimates without labels and alert rules have it. Then higher is better, and it
   * lies between 0 and 1.
   */
  monitored: boolean;
  /** It may decide between challenger and champion, and between trials. Then higher is better. */
  decides: boolean;
}

/**
 * A metric that the rows of each class give. With `actual` and `predicted` fixed it must be linear in `correct` and
 * rise with it: tests against chance build on that.
 */
export interface CountMetric extends Facts {
  of: "counts";
  /**
   * The metric as a share of rows, from which its interval is made; `n` is 0 if it cannot be computed. There is at
   * least one row.
   */
  share: (counts: ClassCounts) => Share;
  /** The metric's value, if it is not the share itself. */
  fromShare?: (share: Share, nClasses: number) => number;
  /** What is missing of the positive class if it cannot be computed. */
  lacks: "rows" | "predictions" | "both";
}

/** A metric of the classes' probabilities; who has them computes it. */
export interface ProbabilityMetric extends Facts {
  of: "probabilities";
  lowerIsBetter?: true;
}

/** The value of a metric from its share; the share may be a bound of an interval. */
export function valueOfShare(metric: CountMetric, share: Share, nClasses: number): number {
  return metric.fromShare?.(share, nClasses) ?? share.successes / share.n;
}

/** The value of a metric; undefined if it cannot be computed. */
export function valueOfCounts(metric: CountMetric, counts: ClassCounts): number | undefined {
  if (rowsOf(counts) === 0) return undefined;
  const share = metric.share(counts);
  return share.n === 0 ? undefined : valueOfShare(metric, share, counts.actual.length);
}

/**
 * Scores of classes as one, each with the weight of the class's rows, as a share of all rows: scikit-learn's
 * `average="weighted"` over every label there is, foreign ones among them, with `zero_division=0`.
 */
export function weightedShare(counts: ClassCounts, score: (k: number) => number): Share {
  let successes = 0;
  for (let k = 0; k < counts.actual.length; k++) successes += counts.actual[k]! * score(k);
  return { successes, n: rowsOf(counts) };
}
