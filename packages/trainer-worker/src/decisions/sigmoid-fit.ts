import { logit, type SigmoidMap } from "@colaml/shared/learning/model/calibration";

/** Newton's steps at most; the loss is convex in two parameters, and a handful of them do. */
const MOST_STEPS = 100;
const TOLERANCE = 1e-10;

/**
 * Platt's method on the logit of the probabilities, which is the model's margin: the slope and the intercept of the
 * least log loss, with targets held off 0 and 1 by Platt's prior, as scikit-learn's `_SigmoidCalibration` has it (its
 * `a_` and `b_` with the sign turned). Newton's method with halved steps: Lin, Lin & Weng, "A note on Platt's
 * probabilistic outputs for support vector machines" (2007).
 *
 * @param scores probabilities of a class
 * @param targets 1 if the row is of the class, else 0
 * @returns undefined if the slope is not above 0: the scores of the class say nothing of it
 */
export function fitSigmoid(scores: Float64Array, targets: ArrayLike<number>): SigmoidMap | undefined {
  const x = scores.map(logit);
  let positives = 0;
  for (let i = 0; i < x.length; i++) positives += targets[i]!;
  const negatives = x.length - positives;
  const above = (positives + 1) / (positives + 2);
  const below = 1 / (negatives + 2);
  const wanted = Float64Array.from(x, (_, i) => (targets[i] === 1 ? above : below));
  let at = { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) };
  let loss = lossOf(x, wanted, at);
  for (let step = 0; step < MOST_STEPS; step++) {
    const [bySlope, byIntercept, size] = newtonStep(x, wanted, at);
    if (size < TOLERANCE * x.length) break;
    let factor = 1;
    let next = at;
    let nextLoss = loss;
    for (; factor > 1e-10; factor /= 2) {
      next = { slope: at.slope - factor * bySlope, intercept: at.intercept - factor * byIntercept };
      nextLoss = lossOf(x, wanted, next);
      if (nextLoss < loss) break;
    }
    if (nextLoss >= loss) break;
    [at, loss] = [next, nextLoss];
  }
  return at.slope > 0 ? at : undefined;
}

/** Sum of ln(1 + exp(margin)) - target * margin, which is the log loss. */
function lossOf(x: Float64Array, wanted: Float64Array, { slope, intercept }: SigmoidMap): number {
  let loss = 0;
  for (let i = 0; i < x.length; i++) {
    const margin = slope * x[i]! + intercept;
    loss += Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))) - wanted[i]! * margin;
  }
  return loss;
}

/** The step along slope and intercept, and the length of the gradient. */
function newtonStep(
  x: Float64Array,
  wanted: Float64Array,
  { slope, intercept }: SigmoidMap,
): [number, number, number] {
  let [g0, g1, h00, h01, h11] = [0, 0, 1e-12, 0, 1e-12];
  for (let i = 0; i < x.length; i++) {
    const p = 1 / (1 + Math.exp(-(slope * x[i]! + intercept)));
    const off = p - wanted[i]!;
    const curve = p * (1 - p);
    g0 += off * x[i]!;
    g1 += off;
    h00 += curve * x[i]! * x[i]!;
    h01 += curve * x[i]!;
    h11 += curve;
  }
  const determinant = h00 * h11 - h01 * h01;
  return [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant, Math.hypot(g0, g1)];
}
