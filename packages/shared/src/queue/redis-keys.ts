const DAY_S = 86_400;

/** What every process may know of a kind of key. */
export interface RedisKeyKind {
  /** What the name is made of behind `<prefix>:<kind>`, in this order. */
  parts: readonly string[];
  type: "string" | "hash" | "set" | "sorted set" | "stream";
  /** Seconds after the last write until Redis forgets it. */
  keptS: number;
  writer: "every worker" | "monitor" | "predictor" | "producer" | "every process";
  /** What it holds, and what for. */
  what: string;
}

/**
 * Every key that ColaML writes by itself; all others under the prefix are BullMQ's. All of them expire: what a killed
 * process left goes away. docs/state.md shows this table; a test holds the two together.
 */
export const REDIS_KEYS = {
  cancel: {
    parts: ["queue", "job"],
    type: "string",
    keptS: DAY_S,
    writer: "producer",
    what: "`1`: somebody asked the worker that runs this job to cancel it; removed when the job ends by it, or is retried",
  },
  starts: {
    parts: ["queue", "job"],
    type: "hash",
    keptS: 7 * DAY_S,
    writer: "every worker",
    what: "a field per start of the job that has not ended: workers that were lost with it; removed when the job ends",
  },
  workers: {
    parts: ["queue"],
    type: "set",
    keptS: DAY_S,
    writer: "every worker",
    what: "names of the workers that listen on a queue, or did",
  },
  worker: {
    parts: ["queue", "worker"],
    type: "string",
    keptS: 6,
    writer: "every worker",
    what: "host, process id and release of a worker that listens on a queue; written again every 2 s",
  },
  lock: {
    parts: ["name"],
    type: "string",
    keptS: 10,
    writer: "every worker",
    what: "the holder of a lock: `monitor-<model>`, `labels-<model>`, `alert-delivery`, `schedules-<queue>`; renewed while it is held",
  },
  "chunk-bytes": {
    parts: ["batch", "chunk", "in or out"],
    type: "string",
    keptS: DAY_S,
    writer: "predictor",
    what: "the records of a chunk and what was made of them, with `transport: redis`; removed when a checkpoint covers them",
  },
  idempotency: {
    parts: ["queue", "sha256 of the key"],
    type: "string",
    keptS: DAY_S,
    writer: "producer",
    what: "job and digest of the body that an `Idempotency-Key` stands for",
  },
  outputs: {
    parts: ["sha256 of the path"],
    type: "string",
    keptS: 7 * DAY_S,
    writer: "producer",
    what: "the predict job that writes an output, the digest of its payload, and when it claimed it",
  },
  result: {
    parts: ["queue", "job"],
    type: "string",
    keptS: 7 * DAY_S,
    writer: "every worker",
    what: "the result of a job, as JSON, if it has more than 65,536 bytes",
  },
  measured: {
    parts: ["queue"],
    type: "string",
    keptS: 50,
    writer: "every worker",
    what: "`1`: a worker has measured the memory of the jobs of this queue that have ended",
  },
  ended: {
    parts: ["queue", "schedule"],
    type: "sorted set",
    keptS: 400 * DAY_S,
    writer: "every worker",
    what: "the jobs of a schedule that have ended and are kept, the last 200, by the time of their end",
  },
  private: {
    parts: ["queue"],
    type: "sorted set",
    keptS: 7 * DAY_S,
    writer: "every worker",
    what: "jobs with texts on a queue of other jobs, by the time when they may be removed: 45 s after their end",
  },
  "latest-predictions": {
    parts: ["model"],
    type: "sorted set",
    keptS: 400 * DAY_S,
    writer: "predictor",
    what: "the last 20 outputs of a model's predict jobs, by the time when they were complete: what a check without rows follows",
  },
  "champion-changes": {
    parts: [],
    type: "stream",
    keptS: DAY_S,
    writer: "every process",
    what: "the last 100 or so names of models whose champion changed: servers that score follow it, and look at MLflow then",
  },
  probe: {
    parts: ["process id"],
    type: "string",
    keptS: 10,
    writer: "every process",
    what: "`1`: proof that Redis takes writes and runs scripts",
  },
} as const satisfies Record<string, RedisKeyKind>;

export type RedisKeyName = keyof typeof REDIS_KEYS;

/** A value for each part of a kind's name. */
type ValuesOf<Parts extends readonly string[]> = { [Index in keyof Parts]: string | number };

/**
 * The name of a key.
 *
 * @param prefix `redis.prefix`
 * @example redisKey("colaml", "cancel", "train", "t-1") // "colaml:cancel:train:t-1"
 */
export function redisKey<Name extends RedisKeyName>(
  prefix: string,
  name: Name,
  ...parts: ValuesOf<(typeof REDIS_KEYS)[Name]["parts"]>
): string {
  return [prefix, name, ...parts].join(":");
}

/** A job, which BullMQ writes: read to learn whether it is still there. */
export function jobKey(prefix: string, queue: string, jobId: string): string {
  return `${prefix}:${queue}:${jobId}`;
}

/** The lock of a job, which BullMQ writes: read to learn whether another worker has the job by now. */
export function jobLockKey(prefix: string, queue: string, jobId: string): string {
  return `${jobKey(prefix, queue, jobId)}:lock`;
}

/** What BullMQ names the connections of a queue's workers: read to learn who listens. */
export function workerClientName(prefix: string, queue: string): string {
  return `${prefix}:${Buffer.from(queue).toString("base64")}`;
}
