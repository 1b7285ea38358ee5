import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import type { RedisConnection } from "@colaml/shared/queue/connection";
import { REDIS_KEYS, type RedisKeyName } from "@colaml/shared/queue/redis-keys";
import type { Deployment } from "./deployment";
import { MARK } from "./fleet";

/** What BullMQ keeps of a queue without jobs under way, besides its jobs. */
const QUEUE_PARTS = [
  "meta",
  "id",
  "events",
  "completed",
  "failed",
  "marker",
  "stalled-check",
  "repeat",
  "pc",
];
/** What BullMQ keeps beside a job: its log, and how the trials of a search ended. */
const PARTS_OF_JOBS = /:(logs|dependencies|processed|failed|unsuccessful)$/;
/** Keys of ours that go when the job they are about ends; the others expire by themselves after it. */
const OF_RUNNING_JOBS: readonly RedisKeyName[] = ["cancel", "starts", "chunk-bytes"];

/** Keys of Redis that the documented map does not allow when nothing runs, or that would never expire. */
export async function strangeKeys({ queues, prefix }: Deployment): Promise<string[]> {
  const redis = queues.redis;
  const keys = await redis.keys(`${prefix.replace(/[{}[\]]/g, "\\$&")}:*`);
  const jobs = QUEUE_NAMES.map(async (name) => {
    const kept = await queues.queue(name).getJobs(["completed", "failed", "waiting"]);
    return kept.map(({ id }) => `${name}:${id}`);
  });
  const kept = new Set((await Promise.all(jobs)).flat());
  const strange: string[] = [];
  for (const key of keys) {
    const why = await strangeness(redis, key, key.slice(prefix.length + 1), kept);
    if (why !== undefined) strange.push(`${key}: ${why}`);
  }
  return strange;
}

async function strangeness(
  redis: RedisConnection,
  key: string,
  name: string,
  kept: ReadonlySet<string>,
): Promise<string | undefined> {
  const queue = QUEUE_NAMES.find((each) => name.startsWith(`${each}:`));
  if (queue !== undefined) {
    const part = name.slice(queue.length + 1);
    if (
      QUEUE_PARTS.some((each) => part === each || part.startsWith("repeat:") || part.startsWith("metrics:"))
    )
      return undefined;
    if (queue === "alerts" && part === "wait") return undefined;
    return kept.has(name.replace(PARTS_OF_JOBS, "")) ? undefined : "of a job that is not there";
  }
  const kinds = Object.keys(REDIS_KEYS) as RedisKeyName[];
  const kind = kinds.find((each) => name === each || name.startsWith(`${each}:`));
  if (kind === undefined) return "not in the map of keys";
  if (OF_RUNNING_JOBS.includes(kind)) return "of a job that has ended";
  // -1: for good; -2: it is gone by now.
  return (await redis.ttl(key)) === -1 ? "never expires" : undefined;
}

/**
 * Files that a batch left, or that were moved aside. What a killed process was about to replace goes an hour later, by the
 * next one to write into the folder: broken-off-writes.test.ts.
 */
export function strangeFiles({ data, state }: Deployment): string[] {
  const names = [data, state].flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }));
  return names.filter((name) => /(^|\/)\.[^/]*\.colaml(\/|$)|\.unreadable|refused-/.test(name));
}

/** Processes that carry the mark of the run, if `/proc` shows the environment of processes. */
export async function strangeProcesses(mark: string): Promise<string[]> {
  // A guard of an embedded server ends a moment after it.
  for (const deadline = Date.now() + 8_000; ; await delay(200)) {
    const found = pids().filter((pid) =>
      read(`/proc/${pid}/environ`).split("\0").includes(`${MARK}=${mark}`),
    );
    if (found.length === 0 || Date.now() > deadline) {
      return found.map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()}`);
    }
  }
}

function pids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
