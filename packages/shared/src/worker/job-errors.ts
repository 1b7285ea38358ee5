import { DelayedError, RateLimitError, UnrecoverableError, WaitingChildrenError, WaitingError } from "bullmq";
import type { ZodError, ZodType } from "zod";
import { ColaError, ERROR_CODES, type ErrorCode, messageOf, toColaError } from "../errors/cola-error";
import { safeLine } from "../logging/redaction";

/** A refusal shows so much of what was wrong; the payload may be hostile and large. */
const SHOWN_ISSUES = 3;
const MAX_REASON = 1_000;

/** Errors by which a processor moves its job itself: BullMQ must see them as they are. */
const MOVES = [DelayedError, RateLimitError, WaitingChildrenError, WaitingError];

/** Whether the job was moved and has not failed. */
export function isMove(error: unknown): boolean {
  return MOVES.some((move) => error instanceof move);
}

/**
 * A failure as BullMQ gets it, the one place that decides about retries: `CODE: message` without a stack,
 * as an UnrecoverableError unless the cause may pass by itself.
 */
export function toJobFailure(error: unknown): Error {
  const { code, message, retryable } = toColaError(error);
  const reason = safeLine(`${code}: ${message}`).slice(0, MAX_REASON);
  const failure = retryable ? new Error(reason) : new UnrecoverableError(reason);
  // BullMQ keeps the stack in Redis and the dashboard shows it.
  failure.stack = reason;
  return failure;
}

/** The code and message in a job's `failedReason`; a reason that is not ours (a stall) is JOB_FAILED. */
export function parseFailedReason(reason: string): { code: ErrorCode; message: string } {
  const [, name, message] = /^([A-Z_]+): (.*)$/s.exec(reason) ?? [];
  const code = ERROR_CODES.find((known) => known === name);
  return code ? { code, message: message! } : { code: "JOB_FAILED", message: messageOf(reason) };
}

/**
 * The payload as the schema types it.
 *
 * @throws ColaError JOB_INVALID naming the fields, or that a newer release made the job
 */
export function parsePayload<Payload>(schema: ZodType<Payload>, data: unknown, knownVersion = 1): Payload {
  const version = (data as { v?: unknown } | null | undefined)?.v;
  if (typeof version === "number" && version !== knownVersion) {
    throw new ColaError(
      "JOB_INVALID",
      `the job has version ${version} and was made by a newer release: this one knows version ${knownVersion}`,
    );
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new ColaError("JOB_INVALID", `the job is not valid: ${issuesOf(parsed.error)}`);
  return parsed.data;
}

function issuesOf(error: ZodError): string {
  const shown = error.issues.slice(0, SHOWN_ISSUES).map((issue) => {
    const path = issue.path.map(String).join(".");
    return `${path === "" ? "payload" : path}: ${issue.message}`.slice(0, 200);
  });
  const more = error.issues.length - shown.length;
  return shown.join("; ") + (more > 0 ? ` (and ${more} more)` : "");
}
