import { ColaError } from "@colaml/shared/errors/cola-error";

/** Callers remembered at most; the longest silent one is forgotten first. */
const MAX_CALLERS = 10_000;

/**
 * A token bucket per caller: `perSecond` requests per second on average, as many at once.
 *
 * @param clock milliseconds; injected for tests
 * @returns throws ColaError RATE_LIMITED for a caller above the limit
 */
export function createRateLimit(
  perSecond: number,
  clock: () => number = () => performance.now(),
): (caller: string) => void {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (caller) => {
    const now = clock();
    const bucket = buckets.get(caller) ?? { tokens: perSecond, atMs: now };
    const refilled = Math.min(perSecond, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond);
    buckets.delete(caller);
    buckets.set(caller, { tokens: Math.max(0, refilled - 1), atMs: now });
    if (buckets.size > MAX_CALLERS) buckets.delete(buckets.keys().next().value!);
    if (refilled < 1)
      throw new ColaError("RATE_LIMITED", `more than ${perSecond} requests per second: slow down`);
  };
}
