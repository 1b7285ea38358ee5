import { ERROR_TABLE } from "./error-table";

export type ErrorCode = keyof typeof ERROR_TABLE;

export const ERROR_CODES = Object.keys(ERROR_TABLE) as readonly ErrorCode[];

export interface ColaErrorOptions {
  cause?: unknown;
  /** Facts for logs and JSON answers: never secrets, never document texts. */
  details?: Record<string, unknown>;
  /** Overrides what the table says of trying again. Only the worker boundary turns it into a retry. */
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
    this.retryable = options.retryable ?? ERROR_TABLE[code].retried;
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
