import { counts, found, foundCount } from "./bag-of-words";
import { partEnd, parts } from "./feature-parts";

/** What `norm` may be. */
export const NO_NORM = 0;
export const L1_NORM = 1;
export const L2_NORM = 2;

/** Inverse document frequency of each term: f64 each. */
export let idf: usize = 0;
export let norm: i32 = L2_NORM;
/** Not 0 if a count enters as 1 + ln(count): `logCounts` has that of each count below `logCountsKnown`. */
export let sublinear: i32 = 0;
export let logCounts: usize = 0;
export let logCountsKnown: u32 = 0;
/** Values of the terms found, in their order: f64 each. */
export let weights: usize = 0;

/**
 * TF-IDF of the terms found, by the operations of TfidfTransform in their order; sets their counts back to 0. False
 * if a count is unknown to `logCounts`.
 */
export function weigh(): bool {
  if (parts === 0) return weighBetween(0, foundCount);
  let known = true;
  let from = 0;
  for (let part = 0; part < parts; part++) {
    const end = partEnd(part);
    let to = from;
    while (to < foundCount && load<u32>(found + ((to as usize) << 2)) < end) to++;
    known = weighBetween(from, to) && known;
    from = to;
  }
  return known;
}

/** The same of the terms found from the one number to the other: they have a norm of their own. */
function weighBetween(from: i32, to: i32): bool {
  let sum: f64 = 0;
  let known = true;
  for (let i = from; i < to; i++) {
    const term = load<u32>(found + ((i as usize) << 2)) as usize;
    const count = load<u32>(counts + (term << 2));
    store<u32>(counts + (term << 2), 0);
    let frequency = count as f64;
    if (sublinear !== 0) {
      known = known && count < logCountsKnown;
      frequency = load<f64>(logCounts + ((min(count, logCountsKnown) as usize) << 3));
    }
    const value = frequency * load<f64>(idf + (term << 3));
    store<f64>(weights + ((i as usize) << 3), value);
    sum += norm === L2_NORM ? value * value : abs(value);
  }
  if (norm === NO_NORM || sum === 0) return known;
  const size = norm === L2_NORM ? sqrt(sum) : sum;
  for (let i = from; i < to; i++) {
    const at = weights + ((i as usize) << 3);
    store<f64>(at, load<f64>(at) / size);
  }
  return known;
}
