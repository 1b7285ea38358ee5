import { PROBABILITY_DECIMALS } from "./kernel/kernel-facts";

const ONE = `1.${"0".repeat(PROBABILITY_DECIMALS)}`;
const SCALE = 10 ** PROBABILITY_DECIMALS;
/** Bytes of a probability, e.g. `0.912345678`. */
export const PROBABILITY_BYTES = "0.".length + PROBABILITY_DECIMALS;

/** A probability from 0 to 1 as its nine decimals, e.g. `0.912345678`. */
export function formatProbability(probability: number): string {
  const scaled = Math.round(probability * SCALE);
  if (scaled >= SCALE) return ONE;
  return `0.${scaled.toString().padStart(PROBABILITY_DECIMALS, "0")}`;
}
