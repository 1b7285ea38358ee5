import { binomialHalfTail } from "./distributions";

/** McNemar's test of two classifiers on the same rows: does the challenger win more of the rows that only one wins? */
export interface McNemarResult {
  /** Rows that only the challenger gets right. */
  challengerOnly: number;
  /** Rows that only the champion gets right. */
  championOnly: number;
  /** One-sided mid-p: small when the challenger is right on more rows than chance explains. */
  p: number;
}

/**
 * The one-sided mid-p McNemar test: P(X > a) + P(X = a) / 2 for X of a binomial with a + b tries and chance 1/2.
 * It keeps its level nearly always and has more power than the exact test.
 * Source: Fagerland, Lydersen, Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are
 * better than exact conditional", BMC Medical Research Methodology 13:91 (2013).
 *
 * @example mcnemarTest(10, 2).p // 0.011230...
 */
export function mcnemarTest(challengerOnly: number, championOnly: number): McNemarResult {
  const { above, at } = binomialHalfTail(challengerOnly, challengerOnly + championOnly);
  return { challengerOnly, championOnly, p: above + at / 2 };
}
