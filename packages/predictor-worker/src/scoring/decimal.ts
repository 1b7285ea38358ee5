/** Decimals of every probability we write: an absolute error below 5e-10, finer than float32 anywhere above 0.01. */
export const PROBABILITY_DECIMALS = 9;
const SCALE = 1_000_000_000;

/** A probability from 0 to 1 as its nine decimals, e.g. `0.912345678`. */
export function formatProbability(probability: number): string {
  const scaled = Math.round(probability * SCALE);
  if (scaled >= SCALE) return "1.000000000";
  return `0.${scaled.toString().padStart(PROBABILITY_DECIMALS, "0")}`;
}
