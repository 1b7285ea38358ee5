import { z } from "zod";
import type { RedisConnection } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/** A field that a later release adds is ignored. */
const listeningSchema = z.object({
  host: z.string().max(256),
  pid: z.number().int(),
  /** Of ColaML, such as `0.1.0`. */
  release: z.string().max(64),
  /** ISO 8601, UTC: since when it listens. */
  since: z.string().max(32),
  /** Where its health server listens, such as `http://127.0.0.1:9464`; absent: it has none, or is of release 0.1. */
  healthUrl: z.string().max(300).optional(),
});

/** A worker process that listens on a queue. */
export type ListeningWorker = z.infer<typeof listeningSchema>;

/** A worker of one queue, by the name that its connection to Redis has, too. */
export interface NamedWorker {
  name: string;
  worker: ListeningWorker;
}

/**
 * Writes down that a worker listens, for the next seconds. Redis itself forgets a worker that no longer says so: it
 * was killed, was frozen, or held its event loop. The names stand in a set of their own, so that nobody has to search
 * all keys for them.
 */
export async function noteWorker(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  { name, worker }: NamedWorker,
): Promise<void> {
  const names = redisKey(prefix, "workers", queue);
  await connection
    .multi()
    .set(redisKey(prefix, "worker", queue, name), JSON.stringify(worker), "EX", REDIS_KEYS.worker.keptS)
    .sadd(names, name)
    .expire(names, REDIS_KEYS.workers.keptS)
    .exec();
}

/** Forgets a worker that stopped in order. */
export async function forgetWorker(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  name: string,
): Promise<void> {
  await connection
    .multi()
    .del(redisKey(prefix, "worker", queue, name))
    .srem(redisKey(prefix, "workers", queue), name)
    .exec();
}

/** Takes names off the set whose workers are gone. One that is only frozen adds itself again when it resumes. */
export async function forgetLostWorkers(
  connection: RedisConnection,
  prefix: string,
  queue: string,
): Promise<void> {
  const names = redisKey(prefix, "workers", queue);
  const known = await connection.smembers(names);
  const notes = await readNotes(connection, prefix, queue, known);
  const lost = known.filter((_, index) => notes[index] === null);
  if (lost.length > 0) await connection.srem(names, ...lost);
}

/** The workers that listen on a queue now, by host and process. */
export async function listeningWorkers(
  connection: RedisConnection,
  prefix: string,
  queue: string,
): Promise<NamedWorker[]> {
  const names = await connection.smembers(redisKey(prefix, "workers", queue));
  const notes = await readNotes(connection, prefix, queue, names);
  return names
    .flatMap((name, index) => {
      const worker = parseNote(notes[index]);
      return worker ? [{ name, worker }] : [];
    })
    .sort((a, b) => a.worker.host.localeCompare(b.worker.host) || a.worker.pid - b.worker.pid);
}

function readNotes(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  names: readonly string[],
): Promise<(string | null)[]> {
  if (names.length === 0) return Promise.resolve([]);
  return connection.mget(names.map((name) => redisKey(prefix, "worker", queue, name)));
}

function parseNote(note: string | null | undefined): ListeningWorker | undefined {
  if (!note) return undefined;
  try {
    return listeningSchema.safeParse(JSON.parse(note)).data;
  } catch {
    return undefined;
  }
}
