import { randomUUID } from "node:crypto";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { keepWithinBytes } from "@colaml/shared/queue/kept-bytes";
import { redisKey } from "@colaml/shared/queue/redis-keys";
import { type EndedFacts, forgetPrivate } from "@colaml/shared/queue/retention";
import { readReturned, storedResultOf } from "@colaml/shared/queue/stored-result";
import { RELEASE } from "@colaml/shared/settings/installation";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { Processor } from "@colaml/shared/worker/job-context";
import { startLifecycle, type WorkerLifecycle } from "@colaml/shared/worker/lifecycle";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { type ConnectionOptions, type JobsOptions, Queue } from "bullmq";
import { z } from "zod";

const config = resolveConfig({
  flags: {
    "redis.url": process.env["TEST_REDIS_URL"],
    "redis.prefix": `{ended-${randomUUID()}}`,
    "worker.keptDays": 2,
    "worker.concurrency": 8,
    "logging.file": "",
  },
});
const { prefix } = config.redis;
const silent = createLogger({ service: "test", logging: config.logging });
silent.warn = silent.error = silent.info = () => {};
silent.child = () => silent;
const schema = z.looseObject({});

let connection: RedisConnection;
const lifecycles: WorkerLifecycle[] = [];
beforeAll(() => {
  connection = connectRedis(config.redis, silent);
});
afterEach(async () => {
  await Promise.all(lifecycles.splice(0).map((lifecycle) => lifecycle.stop()));
});
afterAll(() => closeRedis(connection));

/** A worker on a queue of its own, and the queue as another client has it: without any option of ours. */
async function start(processor: Processor<object, unknown>, facts: EndedFacts = {}): Promise<Queue> {
  const name = `q-${randomUUID()}`;
  await startOn(name, processor, facts);
  return new Queue(name, { connection: connection as ConnectionOptions, prefix });
}

async function startOn(name: string, processor: Processor<object, unknown>, facts: EndedFacts) {
  const lifecycle = await startLifecycle({ service: "test", config, logger: silent, signals: false });
  lifecycles.push(lifecycle);
  await runWorker({ queue: { name, schema, ...facts }, processor, config, logger: silent, lifecycle });
  return lifecycle;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("it did not come");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Adds jobs and waits until all have ended. */
async function run(
  queue: Queue,
  ids: readonly string[],
  options: JobsOptions = {},
  data: object = {},
): Promise<void> {
  await queue.addBulk(ids.map((jobId) => ({ name: "j", data, opts: { ...options, jobId } })));
  await until(async () => {
    const states = await Promise.all(ids.map((id) => queue.getJobState(id)));
    return states.every((state) => ["completed", "failed", "unknown"].includes(state));
  });
}

const DAY_MS = 86_400_000;
const names = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}-${i}`);

describe("a job that has ended", () => {
  it("is kept by age, whatever its client says of the queue's jobs and however many others end", async () => {
    const queue = await start(async () => "done");
    await run(queue, ["first"]);
    // as the first release, and other clients, added jobs
    await run(queue, names("other", 60), { removeOnComplete: { age: 7 * 86_400, count: 10 } });
    expect(await queue.getJobState("first")).toBe("completed");
    expect(await queue.getCompletedCount()).toBe(61);
    await connection.zadd(queue.toKey("completed"), Date.now() - 3 * DAY_MS, "first");
    await run(queue, ["last"]);
    expect(await queue.getJobState("first")).toBe("unknown");
    expect(await queue.getCompletedCount()).toBe(61);
  });

  it("is not kept if its client says so of itself", async () => {
    const queue = await start(async () => "done");
    await run(queue, ["kept"]);
    await run(queue, ["gone"], { removeOnComplete: true });
    expect(await queue.getJobState("gone")).toBe("unknown");
    expect(await queue.getJobState("kept")).toBe("completed");
  });

  it("of a schedule is kept with the last 200 of its schedule, which push no other job out", async () => {
    const queue = await start(async () => "done");
    await run(queue, ["by-hand"]);
    const key = redisKey(prefix, "ended", queue.name, "hourly");
    // 199 that ended before
    await run(queue, names("earlier", 199));
    for (const [i, id] of names("earlier", 199).entries()) await connection.zadd(key, i, id);
    await run(queue, ["repeat:hourly:1000"]);
    expect(await queue.getJobState("earlier-0")).toBe("completed");
    await run(queue, ["repeat:hourly:2000"]);
    await until(async () => (await queue.getJobState("earlier-0")) === "unknown");
    expect(await queue.getJobState("earlier-1")).toBe("completed");
    expect(await queue.getJobState("by-hand")).toBe("completed");
    expect(await connection.zcard(key)).toBe(200);
  });

  it("returns a small result as it is, and leaves a large one beside it for a stated time", async () => {
    const large = { words: "x".repeat(70_000) };
    const stored = { ...large, release: RELEASE };
    const queue = await start(async (payload) => ("large" in payload ? large : { words: "few" }));
    await run(queue, ["small"]);
    await run(queue, ["large"], {}, { large: true });
    expect((await queue.getJob("small"))!.returnvalue).toEqual({ words: "few", release: RELEASE });
    const returned: unknown = (await queue.getJob("large"))!.returnvalue;
    expect(storedResultOf(returned)).toMatchObject({ bytes: JSON.stringify(stored).length });
    const place = { connection, prefix, queue: queue.name, jobId: "large" };
    expect(await readReturned(place, returned)).toEqual(stored);
    const key = redisKey(prefix, "result", queue.name, "large");
    expect(await connection.ttl(key)).toBeGreaterThan(6 * 86_400);
    await connection.del(key);
    expect(await readReturned(place, returned)).toBeUndefined();
  });
});

describe("the jobs of a queue that have ended", () => {
  /** As if they had ended that long ago, a second after each other: BullMQ counts from when it is asked, a moment later. */
  async function age(queue: Queue, ids: readonly string[], ms: number): Promise<void> {
    const from = Date.now() - ms;
    for (const [i, id] of ids.entries()) {
      const state = (await queue.getJobState(id)) as "completed" | "failed";
      const endedAt = from + i * 1_000;
      await connection.zadd(queue.toKey(state), endedAt, id);
      await connection.hset(queue.toKey(id), "finishedOn", endedAt);
    }
  }

  const statesOf = async (queue: Queue, ids: readonly string[]) => {
    const states = await Promise.all(ids.map((id) => queue.getJobState(id)));
    return states.map((state) => (state === "unknown" ? "gone" : "kept"));
  };

  const measured = (queue: Queue) => redisKey(prefix, "measured", queue.name);

  /** As if the last measuring were long ago; the worker's own at its start is waited for. */
  async function measureAgain(queue: Queue): Promise<void> {
    await until(async () => (await connection.exists(measured(queue))) === 1);
    await connection.del(measured(queue));
  }

  it("take as much memory as they may: the oldest go, failed ones and results beside jobs with them", async () => {
    const queue = await start(async (payload) => {
      if ("fail" in payload) throw new ColaError("JOB_INVALID", "x".repeat(900));
      return "x".repeat(100_000);
    });
    const completed = names("c", 10);
    await run(queue, completed);
    await run(queue, ["f"], { attempts: 1 }, { fail: true });
    const oldestFirst = ["f", ...completed];
    await age(queue, oldestFirst, 3_600_000);
    const facts = { queue, connection, prefix };
    // ten results of 100,002 bytes: within a MiB
    await measureAgain(queue);
    expect(await keepWithinBytes(facts, 1_050_000)).toBe(0);
    await measureAgain(queue);
    expect(await keepWithinBytes(facts, 550_000)).toBe(6);
    expect(await statesOf(queue, oldestFirst)).toEqual([...Array(6).fill("gone"), ...Array(5).fill("kept")]);
    const results = completed.map((id) => redisKey(prefix, "result", queue.name, id));
    expect(await connection.exists(results)).toBe(5);
  });

  it("stay for a minute, whatever they take", async () => {
    const queue = await start(async () => "x".repeat(100_000));
    await run(queue, ["large"]);
    await measureAgain(queue);
    const facts = { queue, connection, prefix };
    expect(await keepWithinBytes(facts, 1)).toBe(0);
    expect(await queue.getJobState("large")).toBe("completed");
    // also if the worker that looks has a clock that is ahead
    await measureAgain(queue);
    const ahead = Date.now() + 3_600_000;
    const clock = jest.spyOn(Date, "now").mockImplementation(() => ahead);
    expect(await keepWithinBytes(facts, 1).finally(() => clock.mockRestore())).toBe(0);
    expect(await queue.getJobState("large")).toBe("completed");
  });

  it("are measured by one worker at a time", async () => {
    const queue = await start(async () => "x".repeat(100_000));
    await run(queue, ["old"]);
    await age(queue, ["old"], 3_600_000);
    const facts = { queue, connection, prefix };
    await until(async () => (await connection.exists(measured(queue))) === 1);
    expect(await keepWithinBytes(facts, 1)).toBe(0);
    await measureAgain(queue);
    expect(await keepWithinBytes(facts, 1)).toBe(1);
  });
});

describe("a private job", () => {
  const inMs = (ms: number) => Date.now() + ms;
  const facts = (queue: Queue, more: EndedFacts) => ({ queue, connection, prefix, ...more });

  it("is forgotten within a minute of its end, with what its queue told of it", async () => {
    const queue = await start(
      async (payload) => {
        if ("fail" in payload) throw new ColaError("JOB_INVALID", "no");
        return "secret result";
      },
      { kept: "private" },
    );
    await run(queue, names("p", 5), {}, { texts: ["secret"] });
    await run(queue, ["f"], {}, { fail: true });
    await forgetPrivate(facts(queue, { kept: "private" }));
    expect(await queue.getCompletedCount()).toBe(5);
    await forgetPrivate(facts(queue, { kept: "private" }), inMs(46_000));
    expect([await queue.getCompletedCount(), await queue.getFailedCount()]).toEqual([0, 0]);
    expect(await connection.exists(queue.toKey("p-0"))).toBe(0);
    expect(await connection.xlen(queue.toKey("events"))).toBe(0);
  });

  it.each([
    ["ahead of", 3_600_000],
    ["behind", -3_600_000],
  ])(
    "that ended by a clock an hour %s Redis's stays for its client, as do those before it, and is forgotten in time",
    async (_, shiftMs) => {
      const queue = await start(async () => "secret result", { kept: "private" });
      await run(queue, ["before"], {}, { texts: ["secret"] });
      const realNow = Date.now;
      const spy = jest.spyOn(Date, "now").mockImplementation(() => realNow() + shiftMs);
      try {
        await startOn(queue.name, async () => "secret result", { kept: "private" });
        await lifecycles.shift()!.stop();
        await run(queue, ["after"], {}, { texts: ["secret"] });
        await until(async () => {
          const endedAt = Number(await connection.zscore(queue.toKey("completed"), "after"));
          return Math.abs(endedAt - realNow()) < 60_000;
        });
        await forgetPrivate(facts(queue, { kept: "private" }));
        expect(await queue.getCompletedCount()).toBe(2);
        await forgetPrivate(facts(queue, { kept: "private" }), realNow() + 46_000);
        expect(await queue.getCompletedCount()).toBe(0);
      } finally {
        spy.mockRestore();
      }
    },
  );

  it("on a queue of other jobs is forgotten, too, and the others stay", async () => {
    const isPrivate = (payload: unknown) => "texts" in (payload as object);
    const queue = await start(async () => "x".repeat(70_000), { isPrivate });
    await run(queue, ["texts"], {}, { texts: ["secret"] });
    await run(queue, ["file"], {}, { input: "a.csv" });
    // its client reads the result from the job
    expect((await queue.getJob("texts"))!.returnvalue).toHaveLength(70_000);
    await until(async () => (await connection.zcard(redisKey(prefix, "private", queue.name))) === 1);
    await forgetPrivate(facts(queue, { isPrivate }), inMs(30_000));
    expect(await queue.getJobState("texts")).toBe("completed");
    await forgetPrivate(facts(queue, { isPrivate }), inMs(60_000));
    expect(await queue.getJobState("texts")).toBe("unknown");
    expect(await queue.getJobState("file")).toBe("completed");
  });
});

describe("a job of a client that gives no options", () => {
  it("has the usual attempts and back-off, and one that gives them keeps its own", async () => {
    const seen: string[] = [];
    const queue = await start(async (payload, { attempt, attempts }) => {
      seen.push(`${(payload as { id: string }).id} ${attempt}/${attempts}`);
      if (attempt < 2) throw new ColaError("MLFLOW_UNREACHABLE", "away");
    });
    await run(queue, ["raw"], {}, { id: "raw" });
    await run(queue, ["own"], { attempts: 1 }, { id: "own" });
    expect(seen).toEqual(["raw 1/5", "raw 2/5", "own 1/1"]);
    expect(await queue.getJobState("own")).toBe("failed");
    const raw = (await queue.getJob("raw"))!;
    // the back-off of a first failure is a second, 30% more or less
    expect(raw.finishedOn! - raw.timestamp).toBeGreaterThan(650);
  });
});
