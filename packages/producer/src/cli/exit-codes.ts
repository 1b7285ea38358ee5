import type { ErrorCode } from "@colaml/shared/errors/cola-error";

/** What `cola` exits with; docs/errors.md says which error leads to which. */
export const EXIT = { ok: 0, failed: 1, usage: 2, check: 3, interrupted: 130, terminated: 143 } as const;

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USAGE",
  "CONFIG_INVALID",
  "PARAMETER_INVALID",
  "REDIS_UNREACHABLE",
  "REDIS_REFUSED",
  "MLFLOW_UNREACHABLE",
]);
const CHECK_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["CHECK_FAILED", "RECEIPT_MISMATCH"]);

/** The exit code of an error: 2 where the call or the configuration is wrong, 3 where a check failed, else 1. */
export function exitCodeOf(code: ErrorCode): number {
  if (USAGE_CODES.has(code)) return EXIT.usage;
  return CHECK_CODES.has(code) ? EXIT.check : EXIT.failed;
}
