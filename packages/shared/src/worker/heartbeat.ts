import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type RedisConnection, withDeadline } from "../queue/connection";
import { REDIS_KEYS } from "../queue/redis-keys";
import { forgetLostWorkers, forgetWorker, noteWorker } from "../queue/worker-roster";
import { RELEASE } from "../settings/installation";

/** Two notes may fail to come before a worker counts as gone. */
const BEAT_MS = (REDIS_KEYS.worker.keptS * 1_000) / 3;

/** A worker that stops does not wait longer for Redis. */
const FORGET_MS = 1_000;

/** A name for a worker of this process that no other has. Redis takes no blanks in a connection's name. */
export function newWorkerName(): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 64);
  return `${host}-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/**
 * Notes in Redis, now and every two seconds, that a worker of this process listens on a queue.
 *
 * @param healthUrl of the process's health server, if it has one
 * @returns ends it and takes the worker off the list; what cannot be done while Redis is away expires there
 */
export function startHeartbeat(
  connection: RedisConnection,
  prefix: string,
  queue: string,
  name: string,
  healthUrl?: string,
): { stop(): Promise<void> } {
  const since = new Date().toISOString();
  const worker = {
    host: hostname(),
    pid: process.pid,
    release: RELEASE,
    since,
    ...(healthUrl !== undefined && { healthUrl }),
  };
  let beating: Promise<void> | undefined;
  const beat = () => {
    // While Redis is away a command waits: the next beat must not queue up behind it.
    beating ??= noteWorker(connection, prefix, queue, { name, worker })
      .catch(() => undefined)
      .finally(() => {
        beating = undefined;
      });
  };
  beat();
  void forgetLostWorkers(connection, prefix, queue).catch(() => undefined);
  const timer = setInterval(beat, BEAT_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      if (connection.status !== "ready") return;
      // After a beat that is on its way, which would write it down again.
      const forgotten = Promise.resolve(beating).then(() => forgetWorker(connection, prefix, queue, name));
      await withDeadline(forgotten, FORGET_MS, { url: "" }).catch(() => undefined);
    },
  };
}
