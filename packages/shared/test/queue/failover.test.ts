import { randomUUID } from "node:crypto";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, openQueue, type RedisConnection } from "@colaml/shared/queue/connection";
import { sentinelsOf } from "@colaml/shared/queue/redis-options";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { startLifecycle } from "@colaml/shared/worker/lifecycle";
import { type RunningWorker, runWorker } from "@colaml/shared/worker/run-worker";
import { Redis } from "ioredis";
import { z } from "zod";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";
import { type SilentProxy, startSilentProxy } from "../../../../test/silent-proxy";
import { makeReplica, startWatchedRedis } from "../../../../test/watched-redis";

const prefix = `{t-${randomUUID()}}`;
const settings = (url: string) => ({ url, prefix, cluster: false });
const silent = createLogger({ service: "test", logging: { ...resolveConfig().logging, level: "error" } });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startServer(extraArgs: string[] = []): Promise<PrivateRedis> {
  const server = await startPrivateRedis(extraArgs);
  closers.push(() => server.stop());
  return server;
}

async function startProxy(port: number): Promise<SilentProxy> {
  const proxy = await startSilentProxy(port);
  closers.push(() => proxy.close());
  return proxy;
}

function connect(redis: Parameters<typeof connectRedis>[0]): RedisConnection {
  const connection = connectRedis(redis, silent);
  closers.push(() => closeRedis(connection));
  return connection;
}

/** A client of the test's own, which waits for no master. */
function admin(url: string): Redis {
  const client = new Redis(url);
  closers.push(() => client.disconnect());
  return client;
}

/** A worker that answers `{ seen: n }` for job n. */
async function startWorker(redis: Parameters<typeof connectRedis>[0]): Promise<RunningWorker> {
  const base = resolveConfig();
  const config = { ...base, redis: { ...base.redis, ...redis } };
  const lifecycle = await startLifecycle({ service: "test", config, logger: silent, signals: false });
  const running = await runWorker({
    queue: { name: "q", schema: z.object({ n: z.number() }) },
    processor: async ({ n }) => ({ seen: n }),
    config,
    logger: silent,
    lifecycle,
  });
  closers.push(() => running.stop());
  return running;
}

/** The result of the next job. A worker reports the errors of a failover, too: they are not waited for. */
const completed = ({ worker }: RunningWorker) =>
  new Promise((resolve) => worker.once("completed", (_job, result) => resolve(result)));

describe("a master that became a replica", () => {
  it("is left for the new master behind the same address, by commands and by a worker", async () => {
    const [old, next] = [await startServer(), await startServer()];
    await makeReplica(next, old);
    const proxy = await startProxy(old.port);
    const redis = settings(`redis://127.0.0.1:${proxy.port}`);
    const connection = connect(redis);
    const worker = await startWorker(redis);
    const { queue } = openQueue<{ n: number }>("q", { connection, redis, logger: silent });
    closers.push(() => queue.close());
    const first = completed(worker);
    await queue.add("j", { n: 1 });
    await first;

    await admin(next.url).replicaof("NO", "ONE");
    proxy.leadTo(next.port);
    await admin(old.url).replicaof("127.0.0.1", next.port);

    const second = completed(worker);
    await queue.add("j", { n: 2 });
    expect(await second).toMatchObject({ seen: 2 });
    expect(await connection.info("replication")).toContain("role:master");
  }, 60_000);

  it("is found by Sentinel, while a worker waits for jobs", async () => {
    const watched = await startWatchedRedis();
    closers.push(() => watched.stop());
    const redis = { ...settings("redis://mymaster"), sentinels: watched.sentinels };
    const connection = connect(redis);
    const worker = await startWorker(redis);
    const { queue } = openQueue<{ n: number }>("q", { connection, redis, logger: silent });
    closers.push(() => queue.close());
    const first = completed(worker);
    await queue.add("j", { n: 1 });
    await first;

    await watched.master.kill();
    await watched.sentinel.untilMasterIs(watched.replica.port);

    const second = completed(worker);
    await queue.add("j", { n: 2 });
    expect(await second).toMatchObject({ seen: 2 });
  }, 60_000);
});

describe("a flow that vanishes without a word", () => {
  it("is opened again when an answer does not come in time", async () => {
    const server = await startServer();
    const proxy = await startProxy(server.port);
    const redis = { ...settings(`redis://127.0.0.1:${proxy.port}`), socketTimeoutMs: 300 };
    const connection = connect(redis);
    await connection.set(`${prefix}:k`, "v");
    proxy.forgetFlows();
    expect(await connection.get(`${prefix}:k`)).toBe("v");
  });
});

describe("the addresses of Sentinels", () => {
  it("have the port 26379 if none is given, and may be IPv6", () => {
    expect(sentinelsOf("a.example:5000, b.example ,[::1]:5001")).toEqual([
      { host: "a.example", port: 5000 },
      { host: "b.example", port: 26379 },
      { host: "::1", port: 5001 },
    ]);
  });

  it("stand for REDIS_URL if only they are given", () => {
    const { redis } = resolveConfig({ env: { REDIS_SENTINELS: "s:26379", REDIS_SENTINEL_NAME: "jobs" } });
    expect(redis.url).toBe("redis://jobs");
  });

  it("are refused beside a cluster, and if they are no addresses", () => {
    expect(() => connectRedis({ ...settings("redis://m"), cluster: true, sentinels: "s" })).toThrow(
      /REDIS_SENTINELS and COLAML_REDIS_CLUSTER/,
    );
    expect(() => resolveConfig({ env: { REDIS_SENTINELS: "redis://s:1" } })).toThrow(/host:port,host:port/);
  });
});
