import { z } from "zod";

const { fround } = Math;

/** Of the logit of a probability: what Platt's method fits. */
const sigmoidMap = z.strictObject({ slope: z.number().gt(0), intercept: z.number() });
/** Knots of a rising line: probabilities `x`, strictly rising, become `y`. */
const isotonicMap = z
  .strictObject({
    x: z.array(z.number().min(0).max(1)).min(1),
    y: z.array(z.number().min(0).max(1)),
  })
  .refine(({ x, y }) => x.length === y.length, "x and y must be of the same length")
  .refine(({ x }) => x.every((value, i) => i === 0 || value > x[i - 1]!), "x must rise");

/** `calibration` of a bundle: a map per class, one against the rest; binary: one map, of class 1. */
export const calibrationSchema = z.discriminatedUnion("method", [
  z.strictObject({ method: z.literal("sigmoid"), maps: z.array(sigmoidMap).min(1) }),
  z.strictObject({ method: z.literal("isotonic"), maps: z.array(isotonicMap).min(1) }),
]);
export type Calibration = z.infer<typeof calibrationSchema>;
export type SigmoidMap = z.infer<typeof sigmoidMap>;
export type IsotonicMap = z.infer<typeof isotonicMap>;

/** A probability is held this far from 0 and 1 before its logit is taken: half a unit of float32 below 1. */
const LOGIT_MARGIN = 2 ** -24;

/** ln(p / (1 - p)). */
export function logit(probability: number): number {
  const p = Math.min(Math.max(probability, LOGIT_MARGIN), 1 - LOGIT_MARGIN);
  return Math.log(p / (1 - p));
}

/** Changes the probabilities of a row (nClasses) in place. */
export type Calibrate = (probabilities: Float64Array) => void;

/**
 * Applies a calibration as scikit-learn's `CalibratedClassifierCV` does: binary [1 - p, p]; more classes one against
 * the rest, divided by their sum, all the same if the sum is 0. Values are rounded to float32, so that every language
 * gives the same.
 */
export function createCalibrate({ method, maps }: Calibration): Calibrate {
  const mapOf = (k: number) => (method === "sigmoid" ? sigmoidOf(maps[k]!) : isotonicOf(maps[k]!));
  const of = maps.map((_, k) => mapOf(k));
  if (of.length === 1) {
    return (probabilities) => {
      const p = of[0]!(probabilities[1]!);
      probabilities[0] = 1 - p;
      probabilities[1] = p;
    };
  }
  return (probabilities) => {
    let sum = 0;
    for (let k = 0; k < of.length; k++) {
      const p = of[k]!(probabilities[k]!);
      probabilities[k] = p;
      sum += p;
    }
    for (let k = 0; k < of.length; k++) {
      probabilities[k] = fround(sum === 0 ? 1 / of.length : probabilities[k]! / sum);
    }
  };
}

function sigmoidOf({ slope, intercept }: SigmoidMap): (p: number) => number {
  return (p) => fround(1 / (1 + Math.exp(-(slope * logit(p) + intercept))));
}

/** Linear between the knots, as scipy's `interp1d`; constant outside of them. */
function isotonicOf({ x, y }: IsotonicMap): (p: number) => number {
  const last = x.length - 1;
  return (p) => {
    if (p <= x[0]!) return fround(y[0]!);
    if (p >= x[last]!) return fround(y[last]!);
    let [low, high] = [0, last];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle]! <= p) low = middle;
      else high = middle;
    }
    const slope = (y[high]! - y[low]!) / (x[high]! - x[low]!);
    return fround(slope * (p - x[low]!) + y[low]!);
  };
}
