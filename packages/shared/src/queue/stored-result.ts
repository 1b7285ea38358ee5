import { z } from "zod";
import type { RedisConnection } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/** A result of more bytes of JSON lies beside its job: BullMQ reads a job's result with the job, and tells it to all who listen. */
const MAX_RESULT_BYTES = 65_536;

/** What a job returns in the place of a result that lies beside it. */
const storedResultSchema = z.strictObject({
  stored: z.literal("beside the job"),
  bytes: z.number().int(),
  /** ISO 8601: it is forgotten then. */
  until: z.string(),
});
export type StoredResult = z.infer<typeof storedResultSchema>;

/** What says that a result lies beside its job; undefined for a result. */
export function storedResultOf(returned: unknown): StoredResult | undefined {
  return storedResultSchema.safeParse(returned).data;
}

/** Which job of which queue. */
export interface JobPlace {
  connection: RedisConnection;
  prefix: string;
  queue: string;
  jobId: string;
}

/**
 * Puts a large result beside its job.
 *
 * @param now milliseconds since 1970
 * @returns what the job returns: the result itself if it is small
 */
export async function storeResult(
  { connection, prefix, queue, jobId }: JobPlace,
  result: unknown,
  now = Date.now(),
): Promise<unknown> {
  const json = JSON.stringify(result) ?? "null";
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_RESULT_BYTES) return result;
  const { keptS } = REDIS_KEYS.result;
  await connection.set(redisKey(prefix, "result", queue, jobId), json, "EX", keptS);
  const until = new Date(now + keptS * 1_000).toISOString();
  return { stored: "beside the job", bytes, until } satisfies StoredResult;
}

/** What a job returned; undefined if its result lay beside it and is forgotten, or is not JSON. */
export async function readReturned(
  { connection, prefix, queue, jobId }: JobPlace,
  returned: unknown,
): Promise<unknown> {
  if (storedResultOf(returned) === undefined) return returned;
  const json = await connection.get(redisKey(prefix, "result", queue, jobId));
  try {
    return json === null ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
