import type { ErrorCode } from "@colaml/shared/errors/cola-error";

/** Errors that are the server's own; every other code is the caller's. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  JOB_NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  IDEMPOTENCY_CONFLICT: 409,
  OUTPUT_BUSY: 409,
  OUTPUT_EXISTS: 409,
  INPUT_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  MLFLOW_FAILED: 502,
  REDIS_UNREACHABLE: 503,
  REDIS_REFUSED: 503,
  REDIS_FULL: 503,
  MLFLOW_UNREACHABLE: 503,
};

/** The HTTP status of an error; 400 for what the caller sent. */
export const statusOf = (code: ErrorCode) => STATUS[code] ?? 400;
