import { randomUUID } from "node:crypto";
import type { RedisConnection } from "./connection";
import { jobLockKey, REDIS_KEYS, redisKey } from "./redis-keys";

const KEPT_S = REDIS_KEYS.starts.keptS;

/** KEYS: starts, cancel request, the job's lock. ARGV: this start, seconds, the lock's token. */
const BEGIN = `if redis.call("GET", KEYS[3]) ~= ARGV[3] then return {0, 0} end
redis.call("HSET", KEYS[1], ARGV[1], "1")
redis.call("EXPIRE", KEYS[1], ARGV[2])
return {redis.call("HLEN", KEYS[1]), redis.call("EXISTS", KEYS[2])}`;
/** KEYS: starts, the job's lock. ARGV: this start, the lock's token, whether the job ended, whether it was held. */
const END = `if redis.call("GET", KEYS[2]) ~= ARGV[2] then
  if ARGV[4] == "0" then redis.call("HDEL", KEYS[1], ARGV[1]) end
elseif ARGV[3] == "1" then redis.call("DEL", KEYS[1])
else redis.call("HDEL", KEYS[1], ARGV[1]) end
return 0`;
/** KEYS: starts. ARGV: this start, seconds. */
const PROGRESS = `if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], ARGV[1], "1")
return redis.call("EXPIRE", KEYS[1], ARGV[2])`;

/** One start of a job, written down in Redis until it is over. */
export interface JobStart {
  /** Workers that had the job before, since it last made progress, and were lost with it. */
  readonly deaths: number;
  /** Somebody asked to cancel it. */
  readonly isCancelled: boolean;
  /** What was done is not done again: the deaths before no longer count. */
  progressed(): Promise<void>;
  /**
   * The attempt is over and the lock is still there: `ended` when the job is, too. If another worker has the lock by
   * now, the start stays as a death if `held`: the process was too busy to renew it.
   */
  ended(ended: boolean, held: boolean): Promise<void>;
  /** The job was put back or moved on: this start does not count as a death. */
  left(): Promise<void>;
}

/**
 * The starts of a queue's jobs. A start that is never ended is a worker that was killed, ran out of memory, or held its
 * event loop until its lock ran out. BullMQ counts stalls, too, but over the whole life of a job, whatever it achieved in
 * between, and not for scheduled jobs (bullmq#4220).
 */
export class JobStarts {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #queue: string;

  constructor(connection: RedisConnection, prefix: string, queue: string) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#queue = queue;
  }

  /**
   * Writes a start down; asks for the deaths before it and for a request to cancel, in one step.
   *
   * @param token of the job's lock
   * @returns undefined if the lock is not this worker's any more: the job was taken off its queue, or another has it
   */
  async begin(jobId: string, token: string): Promise<JobStart | undefined> {
    const connection = this.#connection;
    const key = redisKey(this.#prefix, "starts", this.#queue, jobId);
    const cancel = redisKey(this.#prefix, "cancel", this.#queue, jobId);
    const lock = jobLockKey(this.#prefix, this.#queue, jobId);
    const start = randomUUID();
    const begun = await connection.eval(BEGIN, 3, key, cancel, lock, start, KEPT_S, token);
    const [starts, cancelled] = begun as [number, number];
    if (starts === 0) return undefined;
    return {
      deaths: starts - 1,
      isCancelled: cancelled === 1,
      progressed: async () => void (await connection.eval(PROGRESS, 1, key, start, KEPT_S)),
      ended: async (ended, held) =>
        void (await connection.eval(END, 2, key, lock, start, token, ended ? "1" : "0", held ? "1" : "0")),
      left: async () => void (await connection.hdel(key, start)),
    };
  }
}

/** Forgets the deaths of a job that is taken off its queue, or is to begin anew. */
export async function forgetStarts(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  jobId: string,
): Promise<void> {
  await connection.del(redisKey(prefix, "starts", queue, jobId));
}
