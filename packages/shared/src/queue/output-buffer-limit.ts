import type { Cluster, Redis } from "ioredis";
import { ColaError } from "../errors/cola-error";

/** What mends it, for messages. */
export const RAISE_OUTPUT_BUFFER = 'raise it with CONFIG SET client-output-buffer-limit "normal 0 0 0"';

/** What can be asked for its limits. */
type Asked = Pick<Redis | Cluster, "config">;

/** Redis closes a connection whose unread answers are larger: protocol and other answers come on top of the value. */
const MARGIN_BYTES = 65_536;

/**
 * Why Redis would not hand out a value: a connection whose answers exceed the limit for clients is closed without a
 * reason, again and again. If CONFIG is not allowed, nothing can be known.
 *
 * @param bytes of the largest value that is read at once
 * @param what has these bytes, for the message
 * @returns one line without a mend; undefined if the value passes, or nothing is known
 */
export async function outputBufferProblem(
  connection: Asked,
  bytes: number,
  what = "a chunk",
): Promise<string | undefined> {
  const limit = (await answerLimits(connection))?.hard;
  if (limit === undefined || limit === 0 || limit >= bytes + MARGIN_BYTES) return undefined;
  return `Redis closes connections whose answers exceed ${limit} bytes (client-output-buffer-limit normal), and ${what} has ${bytes}`;
}

/**
 * Refuses values that Redis would not hand out.
 *
 * @param bytes of the largest value that is read at once
 * @param mend what to do instead of changing Redis, for the message
 * @param what has these bytes, for the message
 * @throws ColaError REDIS_REFUSED with the limit and how to raise it
 */
export async function checkOutputBuffer(
  connection: Asked,
  bytes: number,
  mend: string,
  what?: string,
): Promise<void> {
  const reason = await outputBufferProblem(connection, bytes, what);
  if (reason === undefined) return;
  throw new ColaError("REDIS_REFUSED", `${reason}: ${RAISE_OUTPUT_BUFFER}, or ${mend}`);
}

/** Bytes of answers from which on Redis closes a client's connection: at once, or after a while; 0: never. */
interface AnswerLimits {
  hard: number;
  soft: number;
}

/** The limits of a Redis; undefined if CONFIG is not allowed, or does not say. */
export async function answerLimits(connection: Asked): Promise<AnswerLimits | undefined> {
  try {
    const [, limits] = (await connection.config("GET", "client-output-buffer-limit")) as string[];
    const [, hard, soft] = /\bnormal (\d+) (\d+)/.exec(limits ?? "") ?? [];
    return hard === undefined ? undefined : { hard: Number(hard), soft: Number(soft) };
  } catch {
    return undefined;
  }
}
