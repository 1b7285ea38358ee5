import { integer, real, text } from "./setting-kinds";

/** How a worker process takes, keeps and hands back jobs. */
export const workerSettings = {
  concurrency: integer({
    doc: "Jobs at a time in one worker process",
    env: "COLAML_CONCURRENCY",
    default: 1,
    min: 1,
    max: 64,
  }),
  lockMs: integer({
    doc: "Lock of a job; another worker gets it after",
    env: "COLAML_LOCK_MS",
    default: 10_000,
    min: 1000,
    max: 600_000,
  }),
  stalledMs: integer({
    doc: "How often stalled jobs are looked for",
    env: "COLAML_STALLED_MS",
    default: 5_000,
    min: 500,
    max: 600_000,
  }),
  graceMs: integer({
    doc: "Time to finish at SIGTERM",
    env: "COLAML_GRACE_MS",
    default: 25_000,
    min: 100,
    max: 600_000,
  }),
  redisGoneS: integer({
    doc: "A worker whose Redis has not answered for this many seconds says no at /livez, so that it is started again; 0: never",
    env: "COLAML_REDIS_GONE_S",
    default: 600,
    min: 0,
    max: 86_400,
  }),
  keptDays: integer({
    doc: "Days that jobs and their results are kept after their end",
    env: "COLAML_JOBS_KEPT_DAYS",
    default: 30,
    min: 1,
    max: 3650,
  }),
  keptMb: real({
    doc: "MiB of Redis that the jobs of one queue and their results take after their end; beyond it the oldest are removed before their time",
    env: "COLAML_JOBS_KEPT_MB",
    default: 64,
    min: 0.1,
    max: 1_000_000,
  }),
  healthHost: text({
    doc: "Address of a worker's /livez, /readyz and /metrics; 0.0.0.0 in a container, so that they are reached from outside",
    env: "COLAML_HEALTH_HOST",
    default: "127.0.0.1",
  }),
  healthPort: integer({
    doc: "Port of a worker's /livez, /readyz and /metrics; 0: none, and under `cola up` any free one",
    env: "COLAML_HEALTH_PORT",
    default: 0,
    min: 0,
    max: 65_535,
  }),
};
