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
