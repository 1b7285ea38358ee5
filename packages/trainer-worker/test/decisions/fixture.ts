import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Threshold {
  least: number;
  precision: number;
  recall: number;
  f1: number;
}

/** What bench/parity/make-decision-fixtures.py writes. */
export interface DecisionFixture {
  binary: {
    scores: number[];
    labels: number[];
    ask: number[];
    isotonic: { x: number[]; y: number[]; predicted: number[] };
    sigmoid: { slope: number; intercept: number; predicted: number[] };
    thresholds: Record<"f1" | "precision" | "recall", Threshold> & { cost: Threshold & { mean: number } };
  };
  classes: {
    probabilities: number[][];
    labels: number[];
    ask: number[][];
    isotonic: number[][];
    sigmoid: number[][];
    coverage: {
      confidence: number[];
      coverage: number[];
      accuracy: number[];
      ece: number;
      logLoss: number;
    };
    decided: Record<"precision" | "recall" | "f1" | "macro_f1" | "argmax_macro_f1", number> & {
      thresholds: number[];
      labels: number[];
    };
  };
}

export const FIXTURE: DecisionFixture = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/decisions.json"), "utf8"),
);

/** Rows of two classes from the probability of class 1. */
export const binaryRows = () => ({
  classOf: Uint16Array.from(FIXTURE.binary.labels),
  probabilities: Float64Array.from(FIXTURE.binary.scores.flatMap((p) => [1 - p, p])),
});

export const classRows = () => ({
  classOf: Uint16Array.from(FIXTURE.classes.labels),
  probabilities: Float64Array.from(FIXTURE.classes.probabilities.flat()),
});

export const noTurn = async () => {};

/** The largest difference of two lists. */
export const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
