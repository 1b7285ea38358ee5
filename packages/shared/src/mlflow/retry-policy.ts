/** What went wrong with one attempt, as the policy sees it. */
export interface AttemptFailure {
  /** Answered status, if there was an answer. */
  status?: number;
  /** Code of the socket or of axios, if there was none. */
  networkCode?: string;
  /** The request may be sent twice without doing its work twice. */
  idempotent: boolean;
}

/** The connection was never made: the server has seen nothing, whatever the verb. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ECONNECTTIMEOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/** The connection broke somewhere: the server may have done the work. */
const BROKEN = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ERR_BAD_RESPONSE"]);
/** Refused before any work. */
const NOT_DONE_STATUS = new Set([429]);
/** Those that MLflow's own client retries. */
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/** Whether nothing answered at the address (as opposed to: answered badly). */
const isUnreachable = (networkCode: string | undefined): boolean =>
  networkCode !== undefined && NOT_SENT.has(networkCode);

/** Whether an answer of that status may be another one later. */
export const isPassingStatus = (status: number): boolean => PASSING_STATUS.has(status);

/**
 * Whether an attempt is made again at once. A run creation repeated after a broken answer makes a second run:
 * such verbs are repeated only if the first attempt surely did nothing.
 */
export function shouldRetry({ status, networkCode, idempotent }: AttemptFailure): boolean {
  if (isUnreachable(networkCode)) return true;
  if (status !== undefined && NOT_DONE_STATUS.has(status)) return true;
  if (!idempotent) return false;
  if (status !== undefined) return PASSING_STATUS.has(status);
  return networkCode !== undefined && BROKEN.has(networkCode);
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * Milliseconds to wait before attempt `retry` + 1: doubling from 250 ms to 5 s, or what the server asks for
 * (`Retry-After` in seconds) up to the same 5 s, with up to a quarter of jitter.
 */
export function retryDelayMs(
  retry: number,
  retryAfterS?: number,
  random: () => number = Math.random,
): number {
  const backoff = FIRST_DELAY_MS * 2 ** (retry - 1);
  const asked = retryAfterS !== undefined && retryAfterS >= 0 ? retryAfterS * 1000 : backoff;
  return Math.min(asked, LONGEST_DELAY_MS) * (1 + random() / 4);
}
