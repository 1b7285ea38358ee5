/** Significant digits that are tried: most float32 need 8 of them, none more than 9. */
const LIKELY_DIGITS = 8;
const FEWEST_DIGITS = 6;

/**
 * The shortest decimal that reads back as the same float32, as a JSON number; of six digits at least.
 *
 * @example shortestFloat32(Math.fround(0.1)) // 0.1
 */
export function shortestFloat32(value: number): number {
  const exact = Math.fround(value);
  if (exact === 0) return exact;
  let best = exact;
  let digits = LIKELY_DIGITS;
  for (; digits >= FEWEST_DIGITS; digits--) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) !== exact) break;
    best = short;
  }
  return digits < LIKELY_DIGITS ? best : Number(exact.toPrecision(LIKELY_DIGITS + 1));
}

/**
 * Floats as the elements of a JSON list. XGBoost's reader distinguishes 1 from 1.0 and refuses the former if it wants a
 * float.
 *
 * @example floatElements([1, 0.5]) // "1.0,0.5"
 */
export function floatElements(values: ArrayLike<number>): string {
  const texts = Array.from(values, (value) => {
    const text = String(shortestFloat32(value));
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
  });
  return texts.join();
}

/**
 * A JSON list of floats.
 *
 * @example floatsJson([1, 0.5]) // "[1.0,0.5]"
 */
export function floatsJson(values: ArrayLike<number>): string {
  return `[${floatElements(values)}]`;
}
