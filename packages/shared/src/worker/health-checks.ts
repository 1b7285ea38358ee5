import { messageOf } from "../errors/cola-error";
import { redactText } from "../logging/redaction";

/** The probe itself must answer within a second. */
const CHECK_TIMEOUT_MS = 800;
/** Probes come often and from several places: one look serves them for this long. */
const CACHE_MS = 2_000;

export interface CheckResult {
  ok: boolean;
  /** Why not, only for `?verbose`. */
  reason?: string;
  ms: number;
}

export interface HealthChecks {
  /** A result per dependency; cached for 2 s. */
  look(): Promise<Record<string, CheckResult>>;
}

export type Check = (signal: AbortSignal) => Promise<void>;

/**
 * @param checks a check per dependency, which rejects if the dependency is not usable; one that is added later counts from
 *   the next look on
 * @param timeoutMs a dependency that does not answer in this time counts as down
 */
export function createHealthChecks(
  checks: Record<string, Check>,
  clock: () => number = () => performance.now(),
  timeoutMs = CHECK_TIMEOUT_MS,
): HealthChecks {
  let cached: { atMs: number; results: Promise<Record<string, CheckResult>> } | undefined;
  const lookNow = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await run(check, timeoutMs)] as const),
      ),
    );
  return {
    look: () => {
      const now = clock();
      if (!cached || now - cached.atMs >= CACHE_MS) cached = { atMs: now, results: lookNow() };
      return cached.results;
    },
  };
}

async function run(check: Check, timeoutMs: number): Promise<CheckResult> {
  const start = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`no answer within ${timeoutMs} ms`)), {
      once: true,
    });
  });
  const elapsed = () => Math.round(performance.now() - start);
  try {
    await Promise.race([check(signal), late]);
    return { ok: true, ms: elapsed() };
  } catch (error) {
    return { ok: false, reason: redactText(messageOf(error)), ms: elapsed() };
  }
}
