/**
 * Every failure a user can meet, as a closed set. The second word of each entry says who can mend it.
 * `docs/errors.md` lists them; a test holds the two together.
 */
export const ERROR_CODES = [
  // configuration and usage
  "CONFIG_INVALID",
  "USAGE",
  // input data
  "INPUT_NOT_FOUND",
  "INPUT_UNREADABLE",
  "INPUT_EMPTY",
  "INPUT_CHANGED",
  "INPUT_TOO_LARGE",
  "COLUMN_NOT_FOUND",
  "LABELS_INVALID",
  "TOO_FEW_ROWS",
  "TOO_MANY_REJECTED",
  "PATH_NOT_ALLOWED",
  // output
  "OUTPUT_EXISTS",
  "OUTPUT_BUSY",
  "OUTPUT_UNWRITABLE",
  "RECEIPT_MISMATCH",
  // model and registry
  "MODEL_NOT_FOUND",
  "MODEL_CORRUPT",
  "MODEL_MISMATCH",
  "TRAINING_FAILED",
  "PARAMETER_INVALID",
  // services
  "REDIS_UNREACHABLE",
  "REDIS_REFUSED",
  "REDIS_FULL",
  "MLFLOW_UNREACHABLE",
  "MLFLOW_FAILED",
  "WEBHOOK_FAILED",
  // jobs
  "JOB_INVALID",
  "JOB_NOT_FOUND",
  "JOB_CANCELLED",
  "JOB_FAILED",
  "CHUNK_FAILED",
  "CHECK_FAILED",
  // the producer's server
  "IDEMPOTENCY_CONFLICT",
  "UNAUTHORIZED",
  "FORBIDDEN",
  "RATE_LIMITED",
  // what should not happen
  "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes whose cause may pass by itself. Only the worker boundary turns this into a retry. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "REDIS_UNREACHABLE",
  "REDIS_FULL",
  "MLFLOW_UNREACHABLE",
  "WEBHOOK_FAILED",
  "INTERNAL",
]);

export interface ColaErrorOptions {
  cause?: unknown;
  /** Facts for logs and JSON answers: never secrets, never document texts. */
  details?: Record<string, unknown>;
  /** Overrides what the code says of trying again. */
  retryable?: boolean;
}

/**
 * The one error of the project. `message` is one line: what, where, the value, what is allowed.
 *
 * @example throw new ColaError("INPUT_NOT_FOUND", `no such file: ${path}`)
 */
export class ColaError extends Error {
  override readonly name = "ColaError";
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ColaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? RETRYABLE.has(code);
  }

  /** The shape HTTP and `--json` answers carry: never a stack trace. */
  toJSON(): { error_code: ErrorCode; message: string; details?: Record<string, unknown> } {
    const base = { error_code: this.code, message: this.message };
    return Object.keys(this.details).length > 0 ? { ...base, details: this.details } : base;
  }
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/** Anything thrown as a ColaError; what is not one already becomes INTERNAL. */
export function toColaError(error: unknown): ColaError {
  return error instanceof ColaError ? error : new ColaError("INTERNAL", messageOf(error), { cause: error });
}
