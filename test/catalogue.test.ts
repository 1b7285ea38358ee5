import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startMonitor } from "@colaml/monitor-worker/start";
import { startPredictor } from "@colaml/predictor-worker/start";
import {
  CATALOGUE,
  entryOf,
  QUEUE_NAMES,
  queuesOf,
  type WorkerName,
} from "@colaml/shared/contracts/catalogue";
import { filePath } from "@colaml/shared/contracts/names";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { fileOfStopWords } from "@colaml/shared/settings/stop-word-settings";
import { startLifecycle } from "@colaml/shared/worker/lifecycle";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import { startTrainer } from "@colaml/trainer-worker/start";

const ROOT = join(__dirname, "..");
const STARTS: Record<WorkerName, (worker: WorkerProcess) => Promise<void>> = {
  trainer: startTrainer,
  predictor: startPredictor,
  monitor: startMonitor,
};
const withoutWorker = QUEUE_NAMES.filter((name) => entryOf(name).worker === undefined);

describe("the catalogue of jobs", () => {
  const folder = mkdtempSync(join(tmpdir(), "colaml-catalogue-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The queues that a started worker listens on, from the names that BullMQ gives its connections to Redis. */
  async function queuesRunBy(name: WorkerName): Promise<string[]> {
    const prefix = `{t-${randomUUID()}}`;
    const config = resolveConfig({
      flags: {
        "redis.url": process.env["TEST_REDIS_URL"],
        "redis.prefix": prefix,
        "mlflow.trackingUri": process.env["TEST_MLFLOW_URI"],
        "paths.stateDir": join(folder, name),
        "worker.healthPort": 0,
        "worker.graceMs": 1_000,
        "logging.file": "",
        "logging.level": "error",
      },
    });
    const logger = createLogger({ service: "test", logging: config.logging });
    const connection = connectRedis(config.redis, logger);
    const lifecycle = await startLifecycle({ service: "test", config, logger, signals: false });
    try {
      await STARTS[name]({ config, logger, lifecycle });
      return await listening(connection, prefix, queuesOf(name).length);
    } finally {
      await lifecycle.stop();
      closeRedis(connection);
    }
  }

  it.each(Object.keys(STARTS) as WorkerName[])(
    "lists the queues that the %s runs: all of them and no other",
    async (name) => {
      const expected = [...queuesOf(name)].sort();
      expect(expected.length).toBeGreaterThan(0);
      expect((await queuesRunBy(name)).sort()).toEqual(expected);
    },
  );

  it("gives every queue a worker, a package with a processor in the queue's folder, but those that people read", () => {
    for (const name of QUEUE_NAMES) {
      const { worker } = entryOf(name);
      if (worker === undefined) continue;
      expect(Object.keys(STARTS)).toContain(worker);
      expect({
        name,
        has: existsSync(join(ROOT, "packages", `${worker}-worker`, "src", name, "processor.ts")),
      }).toEqual({ name, has: true });
    }
    expect(withoutWorker).toEqual(["predict-dead", "alerts"]);
  });

  it("names every queue by the key that it stands under", () => {
    for (const [key, { name }] of Object.entries(CATALOGUE)) expect(name).toBe(key);
  });

  it.each(QUEUE_NAMES.filter((name) => entryOf(name).worker))(
    "knows every field of a %s payload that is a path",
    (name) => {
      const { schema, paths } = entryOf(name);
      expect(pathsIn(schema).sort()).toEqual(Object.keys(paths).sort());
    },
  );

  it("knows the paths of a dead-letter chunk: those of the predict job that runs it again", () => {
    const again = Object.entries(CATALOGUE.predict.paths).map(([path, use]) => [`again.${path}`, use]);
    expect(CATALOGUE["predict-dead"].paths).toEqual(Object.fromEntries(again));
  });

  it("is what docs/jobs.md shows: every queue with its worker", () => {
    const [overview] = readFileSync(join(ROOT, "docs", "jobs.md"), "utf8").split("\n## ");
    const table = overview!.matchAll(/^\| `([a-z-]+)` \|[^|]*\| ([^|]*?) \|/gm);
    const shown = [...table].map(([, name, worker]) => [name, worker!.split(":")[0]]);
    const people: Partial<Record<string, string>> = { "predict-dead": "none", alerts: "yours" };
    const expected = QUEUE_NAMES.map((name) => [name, entryOf(name).worker ?? people[name]]);
    expect(shown.sort()).toEqual(expected.sort());
  });
});

/** Queues that somebody listens on, as soon as there are `least`: a connection has its name a moment after it is open. */
async function listening(connection: RedisConnection, prefix: string, least: number): Promise<string[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const clients = String(await connection.call("CLIENT", "LIST"));
    const queues = [...clients.matchAll(/ name=(\S+)/g)]
      .map((found) => found[1]!)
      .filter((client) => client.startsWith(`${prefix}:`))
      .map((client) => client.slice(prefix.length + 1).split(":w:")[0]!)
      .map((name) => Buffer.from(name, "base64").toString());
    if (queues.length >= least || Date.now() > deadline) return queues;
    await delay(25);
  }
}

/** Dotted keys of the fields whose schema names a file, looked for through unions, defaults and refinements. */
function pathsIn(schema: unknown, key = ""): string[] {
  if (schema === filePath || schema === fileOfStopWords) return [key];
  if (typeof schema !== "object" || schema === null) return [];
  const { def } = schema as { def?: Record<string, unknown> };
  if (def === undefined) return [];
  const inner = [
    def["innerType"],
    def["in"],
    def["out"],
    ...((def["options"] as unknown[] | undefined) ?? []),
  ];
  const fields = Object.entries((def["shape"] as Record<string, unknown> | undefined) ?? {});
  return [
    ...new Set([
      ...inner.flatMap((one) => pathsIn(one, key)),
      ...fields.flatMap(([name, field]) => pathsIn(field, key === "" ? name : `${key}.${name}`)),
    ]),
  ];
}
