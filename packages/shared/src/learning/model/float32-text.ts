/**
 * The shortest decimal that reads back as the same float32, as a JSON number.
 *
 * @example shortestFloat32(Math.fround(0.1)) // 0.1
 */
export function shortestFloat32(value: number): number {
  const exact = Math.fround(value);
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) === exact) return short;
  }
  return exact;
}

/**
 * A JSON list of floats. XGBoost's reader distinguishes 1 from 1.0 and refuses the former if it wants a float.
 *
 * @example floatsJson([1, 0.5]) // "[1.0,0.5]"
 */
export function floatsJson(values: ArrayLike<number>): string {
  const texts = Array.from(values, (value) => {
    const text = String(shortestFloat32(value));
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
  });
  return `[${texts.join()}]`;
}
