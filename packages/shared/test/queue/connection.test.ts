import { randomUUID } from "node:crypto";
import type { Logger } from "@colaml/shared/logging/logger";
import { createLogger } from "@colaml/shared/logging/logger";
import {
  addJob,
  checkRedis,
  closeRedis,
  connectRedis,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { readQueueClients } from "@colaml/shared/queue/queue-clients";
import { listeningWorkers } from "@colaml/shared/queue/worker-roster";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { startLifecycle } from "@colaml/shared/worker/lifecycle";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { z } from "zod";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";

const prefix = `{t-${randomUUID()}}`;
const settings = (url: string) => ({ url, prefix, cluster: false });
/** Nothing listens on port 1 of loopback. */
const DEAD = settings("redis://someone:canary-secret@127.0.0.1:1/0");
/** The least rights that ran every BullMQ call. */
const LEAST_RIGHTS =
  "resetchannels -@all +@read +@write +@connection +@transaction +eval +evalsha +script|load -@dangerous +info +client|list".split(
    " ",
  );

let redis: PrivateRedis;
const open: RedisConnection[] = [];

function connect(url: string, logger?: Logger): RedisConnection {
  const connection = connectRedis(settings(url), logger);
  open.push(connection);
  return connection;
}

beforeAll(async () => {
  redis = await startPrivateRedis();
});
afterAll(() => redis.stop());
afterEach(() => open.splice(0).forEach(closeRedis));

const as = (user: string, password: string) => `redis://${user}:${password}@127.0.0.1:${redis.port}`;

describe("a Redis that is not there", () => {
  it("is reported with its address, what to check, and no password", async () => {
    const connection = connectRedis(DEAD);
    open.push(connection);
    const failure = await checkRedis(connection, DEAD, 500).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "REDIS_UNREACHABLE", retryable: true });
    expect((failure as Error).message).toMatch(/127\.0\.0\.1:1.*ECONNREFUSED.*REDIS_URL/);
    expect((failure as Error).message).not.toContain("canary");
  });

  it("behind Sentinel is reported by the master's name and those who know it, and what to check", async () => {
    const watched = {
      ...DEAD,
      sentinels: "127.0.0.1:1,127.0.0.1:2",
      sentinelName: "main",
    };
    const connection = connectRedis(watched);
    open.push(connection);
    await expect(checkRedis(connection, watched, 500)).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
      message: expect.stringMatching(
        /^Redis master main of Sentinel at 127\.0\.0\.1:1,127\.0\.0\.1:2 is not reachable \(.*\): check that it runs, REDIS_SENTINELS, REDIS_SENTINEL_NAME and the network$/,
      ),
    });
  });

  it("refuses a job within the deadline, and does not get it later", async () => {
    const own = await startPrivateRedis();
    const connection = connect(own.url);
    const queue = openQueue("q", { connection, redis: settings(own.url) });
    await checkRedis(connection, settings(own.url));
    const closed = new Promise((resolve) => connection.once("close", resolve));
    await own.kill();
    await closed;
    await expect(addJob(queue, "j", {}, { jobId: "ghost", deadlineMs: 500 })).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
    });
    await own.restart();
    await addJob(queue, "j", {}, { jobId: "real" });
    expect(await queue.queue.getJob("ghost")).toBeUndefined();
    await queue.close();
    await own.stop();
  });

  it("logs one line, however often the connection is tried", async () => {
    const lines: string[] = [];
    const logger = { warn: (line: string) => lines.push(line) } as unknown as Logger;
    const connection = connectRedis(DEAD, logger);
    open.push(connection);
    await new Promise<void>((resolve) => {
      let errors = 0;
      connection.on("error", () => ++errors === 5 && resolve());
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("canary");
  });

  it("that freezes is reported too", async () => {
    const own = await startPrivateRedis();
    const connection = connect(own.url);
    await checkRedis(connection, settings(own.url));
    own.signal("SIGSTOP");
    await expect(checkRedis(connection, settings(own.url), 500)).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
    });
    await own.stop();
  });
});

describe("a Redis that refuses", () => {
  const admin = async (...command: [string, ...string[]]) => connect(redis.url).call(...command);

  it("a wrong password says so at once, without the password", async () => {
    await admin("ACL", "SETUSER", "half", "on", ">right-password", "~*", "+@all");
    const url = as("half", "canary-secret");
    const failure = await checkRedis(connect(url), settings(url)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "REDIS_REFUSED", retryable: false });
    expect((failure as Error).message).toMatch(/WRONGPASS/);
    expect((failure as Error).message).not.toContain("canary");
  });

  it("missing rights are named", async () => {
    await admin("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read", "+@connection", "+info");
    const url = as("reader", "pw");
    const failure = checkRedis(connect(url), settings(url));
    await expect(failure).rejects.toMatchObject({
      code: "REDIS_REFUSED",
      message: expect.stringMatching(/NOPERM/),
    });
  });

  it("one that evicts keys is refused with the setting that helps", async () => {
    const own = await startPrivateRedis();
    await connect(own.url).call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    await expect(checkRedis(connect(own.url), settings(own.url))).rejects.toMatchObject({
      code: "REDIS_REFUSED",
      message: expect.stringMatching(/allkeys-lru.*maxmemory-policy noeviction/),
    });
    await own.stop();
  });

  it("a full one gives REDIS_FULL, and takes jobs again when there is room", async () => {
    const own = await startPrivateRedis();
    const connection = connect(own.url);
    const queue = openQueue("q", { connection, redis: settings(own.url) });
    await addJob(queue, "j", {});
    await connection.call("CONFIG", "SET", "maxmemory", "1");
    await expect(addJob(queue, "j", {})).rejects.toMatchObject({
      code: "REDIS_FULL",
      message: expect.stringMatching(/out of memory/),
    });
    await connection.call("CONFIG", "SET", "maxmemory", "0");
    await expect(addJob(queue, "j", {}, { jobId: "later" })).resolves.toMatchObject({ id: "later" });
    await queue.close();
    await own.stop();
  });

  it("a user with the least rights can do all that producers and workers do", async () => {
    await admin("ACL", "SETUSER", "least", "on", ">pw", `~${prefix}:*`, ...LEAST_RIGHTS);
    const config = resolveConfig({
      flags: { "redis.url": as("least", "pw"), "redis.prefix": prefix, "logging.file": "" },
    });
    const connection = connect(config.redis.url);
    await checkRedis(connection, config.redis);
    const queue = openQueue("acl", { connection, redis: config.redis });
    const logger = createLogger({ service: "t", logging: { ...config.logging, level: "error" } });
    const lifecycle = await startLifecycle({ service: "t", config, logger, signals: false });
    const done = new Promise<string>((resolve) => {
      void runWorker({
        queue: { name: "acl", schema: z.strictObject({ n: z.number() }) },
        processor: async ({ n }, context) => {
          await context.progress({ stage: "score" });
          resolve(`${context.jobId} ${n}`);
        },
        config,
        logger,
        lifecycle,
      });
    });
    await addJob(queue, "j", { n: 7 }, { jobId: "one" });
    expect(await done).toBe("one 7");
    expect(await queue.queue.getJobCounts("failed", "waiting")).toEqual({ failed: 0, waiting: 0 });
    // These rights do not let a connection have a name in every Redis: the worker tells by a key that it listens.
    expect(await listeningWorkers(connection, prefix, "acl")).toMatchObject([
      { worker: { pid: process.pid } },
    ]);
    expect(await readQueueClients(connection, prefix)).toBeDefined();
    await admin("ACL", "SETUSER", "least", "-client");
    expect(await readQueueClients(connection, prefix)).toBeUndefined();
    await lifecycle.stop();
    expect(await listeningWorkers(connection, prefix, "acl")).toEqual([]);
    await expect(connection.call("FLUSHALL")).rejects.toThrow(/NOPERM/);
  });
});

it("a payload above 8 MiB is refused before it fills Redis", async () => {
  const connection = connect(redis.url);
  const queue = openQueue("big", { connection, redis: settings(redis.url) });
  const texts = ["x".repeat(9_000_000)];
  await expect(addJob(queue, "j", { texts }, { jobId: "big" })).rejects.toMatchObject({
    code: "JOB_INVALID",
    message: expect.stringMatching(/big.*larger than 8388608 bytes/),
  });
  await queue.close();
});

it("a connection needs an address", () => {
  expect(() => connectRedis(settings(""))).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
