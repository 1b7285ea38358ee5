import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { createLogger } from "@colaml/shared/logging/logger";
import { requestCancel } from "@colaml/shared/queue/cancel";
import {
  addJob,
  closeRedis,
  connectRedis,
  type OpenQueue,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { redisKey } from "@colaml/shared/queue/redis-keys";
import { RELEASE } from "@colaml/shared/settings/installation";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import { startLifecycle, type WorkerLifecycle } from "@colaml/shared/worker/lifecycle";
import { type RunWorkerOptions, runWorker } from "@colaml/shared/worker/run-worker";
import { type ConnectionOptions, Worker } from "bullmq";
import { z } from "zod";

const schema = z.strictObject({ v: z.literal(1).default(1), what: z.string().max(20) });
type Payload = z.infer<typeof schema>;
type Work = (payload: Payload, context: JobContext) => Promise<unknown>;

const config = resolveConfig({
  flags: {
    "redis.url": process.env["TEST_REDIS_URL"],
    "redis.prefix": `{t-${randomUUID()}}`,
    "worker.lockMs": 3_000,
    "worker.stalledMs": 1_000,
    "worker.graceMs": 1_000,
    "logging.file": "",
  },
});
const logger = createLogger({ service: "test", logging: { ...config.logging, level: "error" } });
const silent = createLogger({ service: "test", logging: config.logging });
silent.warn = silent.error = silent.info = () => {};
silent.child = () => silent;

let connection: RedisConnection;
const lifecycles: WorkerLifecycle[] = [];

beforeAll(() => {
  connection = connectRedis(config.redis, logger);
});
afterAll(() => closeRedis(connection));
afterEach(async () => {
  await Promise.all(lifecycles.splice(0).map((lifecycle) => lifecycle.stop()));
});

async function start(
  work: Work,
  queue = `q-${randomUUID()}`,
  more: Partial<RunWorkerOptions<Payload, unknown>> = {},
) {
  const lifecycle = await startLifecycle({ service: "test", config, logger: silent, signals: false });
  lifecycles.push(lifecycle);
  await runWorker({
    queue: { name: queue, schema },
    processor: work,
    config,
    logger: silent,
    lifecycle,
    ...more,
  });
  return { open: openQueue(queue, { connection, redis: config.redis, logger }), lifecycle };
}

/** The job once it is in this state; polled, because events are a hint only. */
async function reaches(open: OpenQueue, jobId: string, state: string) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const now = await open.queue.getJobState(jobId);
    // Read after its state: what was read before may lack the reason or the result.
    const job = now === state ? await open.queue.getJob(jobId) : undefined;
    if (job) return job;
    if (Date.now() > deadline) throw new Error(`job ${jobId} is ${now}, expected ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("a worker", () => {
  it("gives the parsed payload and the job's identity to its processor and stores the result with the release that made it", async () => {
    const { open } = await start(async (payload, context) => ({
      payload,
      id: context.jobId,
      attempt: context.attempt,
    }));
    await addJob(open, "j", { what: "hello" }, { jobId: "one" });
    const job = await reaches(open, "one", "completed");
    expect(job.returnvalue).toEqual({
      payload: { v: 1, what: "hello" },
      id: "one",
      attempt: 1,
      release: RELEASE,
    });
    // The dashboard's charts.
    expect((await open.queue.getMetrics("completed")).meta.count).toBe(1);
  });

  it("writes the main steps of a job down beside it, bounded, and of hidden queues only what went wrong", async () => {
    const work: Work = async ({ what }, { logger: log, progress }) => {
      for (const stage of ["read", "read", "fit"]) await progress({ stage });
      if (what === "chatty") for (let i = 0; i < 300; i++) log.info(`line ${i} ${"x".repeat(1_000)}`);
      log.debug("not kept");
      log.warn("odd\nrows");
      throw new ColaError("INPUT_EMPTY", "no rows");
    };
    const { open } = await start(work);
    await addJob(open, "j", { what: "plain" }, { jobId: "plain" });
    await addJob(open, "j", { what: "chatty" }, { jobId: "chatty", keepLogs: 100_000 });
    await reaches(open, "plain", "failed");
    const plain = (await open.queue.getJobLogs("plain")).logs;
    expect(plain.map((line) => line.replace(/^\S+Z /, ""))).toEqual([
      expect.stringMatching(/^info attempt 1 of 5 on \S+, process \d+, release \d+\.\d+\.\d+/),
      "info stage read",
      "info stage fit",
      "warn odd\\u000arows",
      expect.stringMatching(/^error q-\S+ job failed: no rows$/),
    ]);
    await reaches(open, "chatty", "failed");
    const chatty = await open.queue.getJobLogs("chatty");
    expect([chatty.count, Math.max(...chatty.logs.map((line) => line.length))]).toEqual([200, 500]);
    const hidden = `q-${randomUUID()}`;
    const quiet = await start(work, hidden, { queue: { name: hidden, schema, shown: "hidden" } });
    await addJob(quiet.open, "j", { what: "plain" }, { jobId: "chunk" });
    await reaches(quiet.open, "chunk", "failed");
    expect((await quiet.open.queue.getJobLogs("chunk")).logs).toHaveLength(2);
  });

  it("refuses a job whose payload another program wrote, not as JSON, and takes the next one", async () => {
    const { open } = await start(async () => ({}));
    await open.queue.pause();
    const [broken, sound] = [await addJob(open, "x", { what: "a" }), await addJob(open, "x", { what: "b" })];
    const key = open.queue.toKey(broken.id!);
    await connection.hset(key, "data", "[1,");
    await open.queue.resume();
    await reaches(open, sound.id!, "completed");
    while ((await open.queue.getJobState(broken.id!)) !== "failed")
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect(await connection.hget(key, "failedReason")).toMatch(
      /^JOB_INVALID: the job is not valid: payload: /,
    );
  });

  it("retries what may pass and fails at once what cannot", async () => {
    const attempts: string[] = [];
    const { open } = await start(async (payload, { attempt }) => {
      attempts.push(`${payload.what}${attempt}`);
      if (payload.what === "passing" && attempt === 1) throw new ColaError("MLFLOW_UNREACHABLE", "away");
      if (payload.what === "final") throw new ColaError("INPUT_EMPTY", "no rows in x.csv");
    });
    const backoff = { type: "fixed", delay: 10 };
    await addJob(open, "j", { what: "passing" }, { jobId: "p", backoff });
    await addJob(open, "j", { what: "final" }, { jobId: "f", backoff });
    await reaches(open, "p", "completed");
    const failed = await reaches(open, "f", "failed");
    expect(failed.failedReason).toBe("INPUT_EMPTY: no rows in x.csv");
    expect(parseFailedReason(failed.failedReason!)).toEqual({
      code: "INPUT_EMPTY",
      message: "no rows in x.csv",
    });
    expect(attempts.sort()).toEqual(["final1", "passing1", "passing2"]);
  });

  it("keeps stacks, passwords and line breaks out of what Redis stores of a failure", async () => {
    const { open } = await start(async () => {
      throw new Error("no answer from http://me:canary-secret@host/x?token=canary-secret\nat line 2");
    });
    await addJob(open, "j", { what: "x" }, { jobId: "leak", attempts: 1 });
    const job = await reaches(open, "leak", "failed");
    const stored = JSON.stringify(await connection.hgetall(`${config.redis.prefix}:${open.queue.name}:leak`));
    expect(stored).not.toMatch(/canary-secret|run-worker|\.js:\d/);
    expect(job.failedReason).toBe("INTERNAL: no answer from http://***@host/x at line 2");
  });

  it.each([
    ["a field of the wrong type", { what: 7 }, /^JOB_INVALID: .*what: /],
    ["an unknown field", { what: "x", path: "/etc/passwd" }, /^JOB_INVALID: .*path/],
    ["a prototype in disguise", JSON.parse('{"what":"x","__proto__":{"admin":true}}'), /^JOB_INVALID/],
    ["a text above its limit", { what: "x".repeat(100_000) }, /^JOB_INVALID: .*what: /],
    ["no object at all", "rm -rf", /^JOB_INVALID/],
    ["a version of the future", { v: 2, what: "x" }, /^JOB_INVALID: .*version 2.*made by a newer release/],
  ])("refuses %s before the processor sees it, and never tries it again", async (_, payload, reason) => {
    const work = jest.fn(async () => undefined);
    const { open } = await start(work);
    await open.queue.add("j", payload, { jobId: "hostile", attempts: 3 });
    const job = await reaches(open, "hostile", "failed");
    expect(job.failedReason).toMatch(reason);
    expect(job.attemptsMade).toBe(1);
    expect(work).not.toHaveBeenCalled();
  });

  it("cancels a running job that somebody asked to cancel", async () => {
    const { open } = await start((_, { signal }) => untilAborted(signal));
    await addJob(open, "j", { what: "long" }, { jobId: "c" });
    await reaches(open, "c", "active");
    await requestCancel(connection, config.redis.prefix, open.queue.name, "c");
    const job = await reaches(open, "c", "failed");
    expect(job.failedReason).toBe("JOB_CANCELLED: job c was cancelled");
  });

  it("runs a cancelled job that somebody retries, be it in a dashboard that knows of no request to cancel", async () => {
    const { open } = await start((_, { signal }) => untilAborted(signal));
    await addJob(open, "j", { what: "long" }, { jobId: "c" });
    await reaches(open, "c", "active");
    const key = redisKey(config.redis.prefix, "cancel", open.queue.name, "c");
    await requestCancel(connection, config.redis.prefix, open.queue.name, "c");
    const job = await reaches(open, "c", "failed");
    const deadline = Date.now() + 60_000;
    while ((await connection.exists(key)) === 1 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 25));
    await job.retry();
    await reaches(open, "c", "active");
  });

  it("never starts a job that was cancelled while it waited", async () => {
    const work = jest.fn(async () => undefined);
    const abandon = jest.fn(async () => undefined);
    const queue = `q-${randomUUID()}`;
    const waiting = openQueue(queue, { connection, redis: config.redis, logger });
    await addJob(waiting, "j", { what: "x" }, { jobId: "w" });
    await requestCancel(connection, config.redis.prefix, queue, "w");
    const { open } = await start(work, queue, { abandon });
    const job = await reaches(open, "w", "failed");
    expect(job.failedReason).toBe("JOB_CANCELLED: job w was cancelled");
    expect(work).not.toHaveBeenCalled();
    expect(abandon).not.toHaveBeenCalled();
  });

  it("puts away what earlier attempts left of a job that was cancelled before the next one", async () => {
    const works: number[] = [];
    const abandoned: unknown[] = [];
    const { open } = await start(
      async (_, { attempt }) => {
        works.push(attempt);
        throw new ColaError("MLFLOW_UNREACHABLE", "away");
      },
      `q-${randomUUID()}`,
      {
        abandon: async ({ what }, { signal }, { code }) => {
          abandoned.push([what, signal.aborted, code]);
          throw new Error("no such folder");
        },
      },
    );
    await addJob(open, "j", { what: "x" }, { jobId: "r", backoff: { type: "fixed", delay: 3_600_000 } });
    const delayed = await reaches(open, "r", "delayed");
    await requestCancel(connection, config.redis.prefix, open.queue.name, "r");
    await delayed.promote();
    expect((await reaches(open, "r", "failed")).failedReason).toBe("JOB_CANCELLED: job r was cancelled");
    expect({ works, abandoned }).toEqual({ works: [1], abandoned: [["x", true, "JOB_CANCELLED"]] });
  });

  it("leaves no note of a job's starts behind, however it ended", async () => {
    const { open } = await start(async ({ what }, { attempt }) => {
      if (what === "fails") throw new ColaError("INPUT_EMPTY", "no rows");
      if (attempt === 1) throw new ColaError("MLFLOW_UNREACHABLE", "away");
    });
    await addJob(open, "j", { what: "fails" }, { jobId: "a" });
    await addJob(open, "j", { what: "retried" }, { jobId: "b", backoff: { type: "fixed", delay: 10 } });
    await reaches(open, "a", "failed");
    await reaches(open, "b", "completed");
    expect(await connection.keys(`${config.redis.prefix}:starts:${open.queue.name}:*`)).toEqual([]);
  });

  it("lets a short job finish when it stops", async () => {
    const finish = new EventEmitter();
    const begun = once(finish, "begun");
    const { open, lifecycle } = await start(async () => {
      finish.emit("begun");
      await once(finish, "finish");
      return "done";
    });
    await addJob(open, "j", { what: "short" }, { jobId: "s" });
    await begun;
    const stopped = lifecycle.stop();
    finish.emit("finish");
    await stopped;
    expect((await reaches(open, "s", "completed")).returnvalue).toBe("done");
  });

  it.each([
    ["listens to its signal", (_: Payload, { signal }: JobContext) => untilAborted(signal)],
    ["listens to nothing", () => new Promise<never>(() => {})],
    [
      "puts itself away when the stop begins",
      (_: Payload, { stopping, handBack }: JobContext) =>
        new Promise<never>((_resolve, reject) =>
          stopping.addEventListener("abort", () => handBack().catch(reject)),
        ),
    ],
  ])("hands back a long job whose processor %s, without a stall or an attempt", async (_, work) => {
    const { open, lifecycle } = await start(work);
    await addJob(open, "j", { what: "long" }, { jobId: "h" });
    await reaches(open, "h", "active");
    await lifecycle.stop();
    const job = await reaches(open, "h", "waiting");
    expect([job.attemptsMade, job.stalledCounter]).toEqual([0, 0]);
    expect(await connection.keys(`${config.redis.prefix}:starts:${open.queue.name}:*`)).toEqual([]);
  });

  it("that stops many times while it has a job does not count against that job", async () => {
    const queue = `q-${randomUUID()}`;
    const deaths: number[] = [];
    const work: Work = (_, context) => {
      deaths.push(context.deaths);
      return new Promise<never>(() => {});
    };
    const open = openQueue(queue, { connection, redis: config.redis, logger });
    await addJob(open, "j", { what: "long" }, { jobId: "deployed" });
    for (let deploy = 0; deploy < 5; deploy++) {
      const { lifecycle } = await start(work, queue);
      await reaches(open, "deployed", "active");
      await lifecycle.stop();
      await reaches(open, "deployed", "waiting");
    }
    expect(deaths).toEqual([0, 0, 0, 0, 0]);
  });

  it("counts the deaths of a scheduled job as those of any other, and ends neither before", async () => {
    const queue = `q-${randomUUID()}`;
    const open = openQueue(queue, { connection, redis: config.redis, logger });
    await open.queue.upsertJobScheduler("nightly", { every: 3_600_000 }, { name: "j", data: { what: "x" } });
    const [first] = await open.queue.getJobs(["waiting", "delayed"]);
    const lost = [];
    for (let i = 0; i < 2; i++) {
      const worker = new Worker(queue, () => new Promise(() => {}), {
        connection: connection as ConnectionOptions,
        prefix: config.redis.prefix,
        lockDuration: 1_000,
        stalledInterval: 300,
        maxStalledCount: 1_000,
        skipLockRenewal: true,
      });
      lost.push(worker);
      await reaches(open, first!.id!, "active");
    }
    const { open: again } = await start(async () => "done", queue);
    expect((await reaches(again, first!.id!, "completed")).returnvalue).toBe("done");
    await Promise.all(lost.map((worker) => worker.close(true)));
  });

  it("serves several queues in one process and stops them together", async () => {
    const lifecycle = await startLifecycle({ service: "test", config, logger: silent, signals: false });
    const names = ["a", "b"].map((name) => `${name}-${randomUUID()}`);
    for (const queue of names) {
      await runWorker({
        queue: { name: queue, schema },
        processor: async () => queue,
        config,
        logger: silent,
        lifecycle,
      });
    }
    for (const queue of names) {
      const open = openQueue(queue, { connection, redis: config.redis });
      await addJob(open, "j", { what: "x" }, { jobId: "m" });
      expect((await reaches(open, "m", "completed")).returnvalue).toBe(queue);
    }
    await lifecycle.stop();
    const open = openQueue(names[0]!, { connection, redis: config.redis });
    expect(await open.queue.getWorkers()).toEqual([]);
  });

  it("counts what it did under fixed label values", async () => {
    const { open, lifecycle } = await start(async () => undefined);
    await addJob(open, "j", { what: "x" }, { jobId: "metric" });
    await reaches(open, "metric", "completed");
    await lifecycle.stop();
    expect(await lifecycle.metrics.registry.metrics()).toMatch(
      /colaml_jobs_total\{queue="q-[^"]+",outcome="completed",service="test"\} 1/,
    );
  });
});
