import { groups, mostProbable, probabilities, probabilityOf } from "./probabilities";

/** The host's `Math.exp` and `Math.log`: the same bits as everywhere else. */
declare function exp(x: f64): f64;
declare function log(x: f64): f64;

/** What `calibration` may be. */
export const NO_CALIBRATION = 0;
export const SIGMOID_CALIBRATION = 1;
export const ISOTONIC_CALIBRATION = 2;
export let calibration: i32 = NO_CALIBRATION;
/**
 * A map for each group, `MAP_BYTES` each. Sigmoid: slope and intercept of the logit (f64 each). Isotonic: where its
 * knots lie, x and y of each (f64 each), and how many there are (u32 each).
 */
export let calibrationMaps: usize = 0;
export const MAP_BYTES = 16;

/** A probability is held this far from 0 and 1 before its logit is taken. */
const MARGIN: f64 = 1 / 16_777_216.0;

/** Changes the probabilities as `createCalibrate` does. Returns the most probable class, the first of equals. */
export function calibrate(): i32 {
  if (groups === 1) {
    const p = mapped(0, probabilityOf(1));
    store<f64>(probabilities, 1 - p);
    store<f64>(probabilities, p, 8);
    return p > 1 - p ? 1 : 0;
  }
  let sum: f64 = 0;
  for (let k = 0; k < groups; k++) {
    const p = mapped(k, probabilityOf(k));
    store<f64>(probabilities + ((k as usize) << 3), p);
    sum += p;
  }
  for (let k = 0; k < groups; k++) {
    const share = sum === 0 ? 1 / (groups as f64) : probabilityOf(k) / sum;
    store<f64>(probabilities + ((k as usize) << 3), share as f32 as f64);
  }
  return mostProbable();
}

function mapped(k: i32, p: f64): f64 {
  const map = calibrationMaps + (k as usize) * MAP_BYTES;
  return calibration === SIGMOID_CALIBRATION ? sigmoidOf(map, p) : isotonicOf(map, p);
}

function sigmoidOf(map: usize, p: f64): f64 {
  const held = min(max(p, MARGIN), 1 - MARGIN);
  const margin = load<f64>(map) * log(held / (1 - held)) + load<f64>(map, 8);
  return (1 / (1 + exp(-margin))) as f32 as f64;
}

function isotonicOf(map: usize, p: f64): f64 {
  const knots: usize = load<u32>(map);
  let low: usize = 0;
  let high: usize = load<u32>(map, 4) - 1;
  if (p <= load<f64>(knots)) return load<f64>(knots, 8) as f32 as f64;
  if (p >= load<f64>(knots + (high << 4))) return load<f64>(knots + (high << 4), 8) as f32 as f64;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<f64>(knots + (middle << 4)) <= p) low = middle;
    else high = middle;
  }
  const from = knots + (low << 4);
  const to = knots + (high << 4);
  const slope = (load<f64>(to, 8) - load<f64>(from, 8)) / (load<f64>(to) - load<f64>(from));
  return (slope * (p - load<f64>(from)) + load<f64>(from, 8)) as f32 as f64;
}
