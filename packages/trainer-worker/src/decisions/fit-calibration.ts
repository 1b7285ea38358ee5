import {
  type Calibration,
  createCalibrate,
  type IsotonicMap,
  type SigmoidMap,
} from "@colaml/shared/learning/model/calibration";
import type { ScoredRows } from "../scoring/scored-rows";
import { fitIsotonic } from "./isotonic-fit";
import { fitSigmoid } from "./sigmoid-fit";

export type CalibrationMethod = Calibration["method"];

/** Ends a step of the work: lets the process breathe, and throws if the job was cancelled. */
export type Turn = () => Promise<void>;

/**
 * A map per class, one against the rest, from the rows named; binary: one, of class 1.
 *
 * @returns undefined if a class's scores say nothing of it
 */
export async function fitCalibration(
  method: CalibrationMethod,
  { classOf, probabilities }: ScoredRows,
  nClasses: number,
  rows: Uint32Array,
  turn: Turn,
): Promise<Calibration | undefined> {
  const which = nClasses === 2 ? [1] : Array.from({ length: nClasses }, (_, k) => k);
  const sigmoids: SigmoidMap[] = [];
  const isotonics: IsotonicMap[] = [];
  for (const k of which) {
    await turn();
    const scores = Float64Array.from(rows, (row) => probabilities[row * nClasses + k]!);
    const targets = Uint8Array.from(rows, (row) => (classOf[row] === k ? 1 : 0));
    if (method === "isotonic") isotonics.push(fitIsotonic(scores, targets));
    else {
      const map = fitSigmoid(scores, targets);
      if (map === undefined) return undefined;
      sigmoids.push(map);
    }
  }
  return method === "isotonic" ? { method, maps: isotonics } : { method, maps: sigmoids };
}

/** A copy of the probabilities (nRows x nClasses), calibrated. */
export function calibrated(
  calibration: Calibration | undefined,
  probabilities: Float64Array,
  nClasses: number,
): Float64Array {
  const copy = probabilities.slice();
  if (calibration === undefined) return copy;
  const calibrate = createCalibrate(calibration);
  for (let from = 0; from < copy.length; from += nClasses) calibrate(copy.subarray(from, from + nClasses));
  return copy;
}
