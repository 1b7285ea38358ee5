import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { JobOf, QueueName } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { REDIS_DEADLINE_MS, type RedisConnection, withDeadline } from "@colaml/shared/queue/connection";
import { redisError } from "@colaml/shared/queue/redis-errors";
import { REDIS_KEYS, redisKey } from "@colaml/shared/queue/redis-keys";
import { type JobQueues, newJobId } from "./job-queues";
import { isFinished } from "./job-view";

/** How long an `Idempotency-Key` is remembered. */
const KEY_TTL_S = REDIS_KEYS.idempotency.keptS;
/** How long the claim on an output file is kept when nobody asks again: longer than any job. */
const CLAIM_TTL_S = REDIS_KEYS.outputs.keptS;
/** A claim comes before its job: one whose job is not there yet is waited for so long, then taken over. */
const CLAIM_GRACE_MS = 2_000;
const CLAIM_POLL_MS = 50;

/** Sets KEYS[1] to ARGV[2] only if it still is ARGV[1]. */
const SWAP_IF = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3]) return 1
end return 0`;

export interface Submission<Queue extends QueueName = QueueName> {
  queue: Queue;
  /** Checked by the queue's schema. */
  payload: JobOf<Queue>;
  /** The sender's own name for this request: the same key and body give the same job. */
  idempotencyKey?: string;
  /** Looks at what only a new job must heed, such as files it will write; what it throws refuses the job. */
  check?: () => Promise<void>;
}

export interface Submitted {
  id: string;
  /** False when the job was there before: the same request came again. */
  isNew: boolean;
}

const digest = (value: unknown) =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);

/**
 * Puts a checked payload on its queue once: the same `Idempotency-Key` with the same body gives the first job's
 * id, and so does the same payload for an output that an unfinished job already writes.
 *
 * @throws ColaError IDEMPOTENCY_CONFLICT the key was used with another body; OUTPUT_BUSY another job writes that
 *   output; REDIS_UNREACHABLE, REDIS_FULL
 */
export async function submitJob<Queue extends QueueName>(
  queues: JobQueues,
  submission: Submission<Queue>,
): Promise<Submitted> {
  return promptly(queues, submitOnce(queues, submission));
}

async function submitOnce(queues: JobQueues, submission: Submission): Promise<Submitted> {
  const { queue, payload, idempotencyKey } = submission;
  const body = digest(payload);
  let id = newJobId(queue);
  if (idempotencyKey !== undefined) {
    const first = await claimKey(queues, queue, idempotencyKey, `${id} ${body}`);
    if (first.id !== id && (await queues.find(`${queue}/${first.id}`))) return { id: first.id, isNew: false };
    id = first.id;
  }
  const output = outputOf(queue, payload);
  if (output !== undefined) {
    const holder = await claimOutput(queues, output, id, body);
    if (holder !== undefined) return { id: holder, isNew: false };
  }
  try {
    await submission.check?.();
  } catch (error) {
    if (output !== undefined) await dropClaim(queues, output, id);
    throw error;
  }
  return { id: await queues.add(queue, payload, { jobId: id }), isNew: true };
}

const outputOf = (queue: QueueName, payload: object) =>
  queue === "predict" ? (payload as { output?: string }).output : undefined;

const claimName = (prefix: string, output: string) => redisKey(prefix, "outputs", digest(output));

/** @returns the id that the key stands for: ours when it was free */
async function claimKey(
  queues: JobQueues,
  queue: QueueName,
  key: string,
  value: string,
): Promise<{ id: string }> {
  const { redis } = queues;
  const { prefix } = queues.settings;
  const name = redisKey(prefix, "idempotency", queue, digest(key));
  if ((await redis.set(name, value, "EX", KEY_TTL_S, "NX")) === "OK") return { id: value.split(" ")[0]! };
  const [id, body] = ((await redis.get(name)) ?? value).split(" ") as [string, string];
  if (body === value.split(" ")[1]) return { id };
  throw new ColaError(
    "IDEMPOTENCY_CONFLICT",
    `this Idempotency-Key was used for job ${id} with another body`,
    {
      details: { id },
    },
  );
}

/**
 * Claims an output path for a job. An unfinished job that holds it with the same payload is the answer; with
 * another payload it is in the way.
 *
 * @returns the id of the job that already does this very work, or nothing when the claim is ours
 */
async function claimOutput(
  queues: JobQueues,
  output: string,
  id: string,
  body: string,
): Promise<string | undefined> {
  const { redis } = queues;
  const { prefix } = queues.settings;
  const name = claimName(prefix, output);
  const mine = `${id} ${body} ${Date.now()}`;
  for (;;) {
    if ((await redis.set(name, mine, "EX", CLAIM_TTL_S, "NX")) === "OK") return undefined;
    const held = await redis.get(name);
    if (held === null) continue;
    const [holder, heldBody] = held.split(" ") as [string, string];
    if (holder === id) return undefined;
    const state = await holderState(queues, holder);
    if (state === "missing" && (await ageMs(redis, name)) < CLAIM_GRACE_MS) {
      await delay(CLAIM_POLL_MS);
      continue;
    }
    if (state === "unfinished") {
      if (heldBody === body) return holder;
      throw new ColaError("OUTPUT_BUSY", `job ${holder} writes ${output}: wait for it or cancel it`, {
        details: { id: holder },
      });
    }
    if ((await redis.eval(SWAP_IF, 1, name, held, mine, String(CLAIM_TTL_S))) === 1) return undefined;
  }
}

/** How long ago a claim was made, by Redis's clock: the server that made it may have another time. */
async function ageMs(redis: RedisConnection, name: string): Promise<number> {
  return CLAIM_TTL_S * 1_000 - (await redis.pttl(name));
}

/** Gives a claim back whose job will not come: the next request need not wait for it. */
async function dropClaim({ redis, settings }: JobQueues, output: string, id: string): Promise<void> {
  const name = claimName(settings.prefix, output);
  const held = await redis.get(name);
  if (held?.startsWith(`${id} `)) await redis.del(name);
}

async function holderState(queues: JobQueues, id: string): Promise<"missing" | "unfinished" | "finished"> {
  if (!(await queues.find(`predict/${id}`))) return "missing";
  return isFinished((await queues.view(`predict/${id}`)).status) ? "finished" : "unfinished";
}

/**
 * Redis work with an answer within 5 s, whatever state Redis is in.
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED, REDIS_FULL
 */
export async function promptly<T>(queues: JobQueues, work: Promise<T>): Promise<T> {
  const { settings } = queues;
  try {
    return await withDeadline(work, REDIS_DEADLINE_MS, settings);
  } catch (error) {
    throw redisError(error, settings);
  }
}
