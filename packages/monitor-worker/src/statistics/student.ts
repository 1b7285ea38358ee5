import { normalQuantile } from "./normal";

/**
 * Quantile of Student's t by Hill's approximation (Algorithm 396, Communications of the ACM 13, 1970), to 1e-3
 * relative from 3 degrees of freedom on; exact for 1 and 2.
 *
 * @param share above 0 and below 1
 * @param freedom degrees of freedom, at least 1
 * @example studentQuantile(0.975, 19) // 2.0930...
 */
export function studentQuantile(share: number, freedom: number): number {
  if (share > 0.5) return -studentQuantile(1 - share, freedom);
  if (freedom === 1) return -1 / Math.tan(Math.PI * share);
  if (freedom === 2) return (2 * share - 1) / Math.sqrt(2 * share * (1 - share));
  const a = 1 / (freedom - 0.5);
  const b = 48 / (a * a);
  const c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom;
  const y = (d * 2 * share) ** (2 / freedom);
  const inTail = y <= 0.05 + a;
  return -Math.sqrt(freedom * (inTail ? tail(y, freedom, d) : centre(share, freedom, { a, b, c, d })));
}

/** Square over the degrees of freedom, by an expansion in the tail's mass. */
function tail(y: number, n: number, d: number): number {
  const inner = 1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4);
  return ((inner * y - 1) * (n + 1)) / (n + 2) + 1 / y;
}

/** Square over the degrees of freedom, by an expansion about the normal. */
function centre(share: number, n: number, { a, b, c, d }: Record<"a" | "b" | "c" | "d", number>): number {
  const x = normalQuantile(share);
  const small = n < 5 ? 0.3 * (n - 4.5) * (x + 0.6) : 0;
  const e = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c + small;
  const s = x * x;
  const y = ((((0.4 * s + 6.3) * s + 36) * s + 94.5) / e - s - 3) / b + 1;
  return Math.expm1(a * (y * x) ** 2);
}
