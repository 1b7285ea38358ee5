import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLatestPredictions } from "@colaml/monitor-worker/rows/latest-predictions";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { rememberOutput } from "@colaml/shared/queue/latest-predictions";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type ConnectionOptions, Queue, Worker } from "bullmq";

const folder = mkdtempSync(join(tmpdir(), "latest-"));
const prefix = `{latest-${process.pid}}`;
const config = resolveConfig({
  flags: { "redis.url": process.env["TEST_REDIS_URL"], "redis.prefix": prefix, "logging.file": "" },
});
const logger = createLogger({ service: "test", logging: { ...config.logging, level: "error" } });
let connection: RedisConnection;
let queue: Queue;
beforeAll(() => {
  connection = connectRedis(config.redis, logger);
  queue = new Queue("predict", { connection: connection as ConnectionOptions, prefix });
});
afterAll(async () => {
  await queue.obliterate({ force: true });
  await queue.close();
  closeRedis(connection);
  rmSync(folder, { recursive: true });
});

const file = (name: string) => {
  const path = join(folder, name);
  writeFileSync(path, "id,label\n");
  return path;
};

/** Runs jobs of a release that remembers no output. */
async function finish(payloads: object[]): Promise<void> {
  await queue.addBulk(payloads.map((data) => ({ name: "predict", data })));
  const worker = new Worker("predict", async () => ({}), {
    connection: connection as ConnectionOptions,
    prefix,
    concurrency: 50,
    removeOnComplete: { count: 100 },
  });
  await new Promise<void>((resolve) => worker.on("drained", resolve));
  await worker.close();
}

describe("the latest predictions of a model", () => {
  it("are those remembered last whose file is there, however many other jobs ended since", async () => {
    const latest = createLatestPredictions(connection, config.redis, logger);
    await expect(latest("m")).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
    const [first, second] = [file("first.csv"), file("second.csv")];
    await rememberOutput(connection, prefix, "m", { path: first, at: 1_000 });
    await rememberOutput(connection, prefix, "m", { path: second, at: 2_000 });
    await rememberOutput(connection, prefix, "other", { path: file("other.csv"), at: 3_000 });
    await rememberOutput(connection, prefix, "m", { path: join(folder, "moved-away.csv"), at: 4_000 });
    await finish(Array.from({ length: 2_000 }, () => ({ texts: ["x"], model: "models:/m@champion" })));
    expect(await latest("m")).toBe(second);
  });

  it("of a predictor of an older release are found among its finished jobs", async () => {
    const latest = createLatestPredictions(connection, config.redis, logger);
    const output = file("older-release.csv");
    await finish([
      { input: { path: "a.csv" }, output, model: "models:/m/3" },
      { texts: ["x"], model: "models:/m/3" },
    ]);
    expect(await latest("m")).toBe(output);
  });

  it("are the last twenty at most", async () => {
    for (let i = 0; i < 30; i++)
      await rememberOutput(connection, prefix, "many", { path: `/${i}.csv`, at: i });
    const key = `${prefix}:latest-predictions:many`;
    expect([await connection.zcard(key), await connection.zrange(key, "0", "0")]).toEqual([20, ["/10.csv"]]);
    expect(await connection.ttl(key)).toBeGreaterThan(399 * 86_400);
  });
});
