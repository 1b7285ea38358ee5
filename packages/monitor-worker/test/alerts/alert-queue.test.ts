import { randomUUID } from "node:crypto";
import { openAlertQueue } from "@colaml/monitor-worker/alerts/alert-queue";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const config = resolveConfig({
  flags: {
    "redis.url": process.env["TEST_REDIS_URL"],
    "redis.prefix": `{t-${randomUUID()}}`,
    "logging.file": "",
  },
});
const logger = createLogger({ service: "test", logging: { ...config.logging, level: "error" } });
let connection: RedisConnection;
beforeAll(() => {
  connection = connectRedis(config.redis, logger);
});
afterAll(async () => {
  await openJobQueue("alerts", { connection, redis: config.redis }).queue.obliterate({ force: true });
  closeRedis(connection);
});

const alert = (id: string): Alert => ({
  v: 1,
  id,
  rule: "quality",
  severity: "critical",
  status: "firing",
  metric: "accuracy_score",
  value: 0.61,
  comparison: "<",
  threshold: 0.75,
  model: "m",
  modelVersion: "3",
  message: "accuracy is low",
  at: "2026-01-02T03:04:05.000Z",
});

it("keeps alerts for whoever listens, but only the last ones, and none longer than a week", async () => {
  const { queue } = openJobQueue("alerts", { connection, redis: config.redis, logger });
  const alerts = openAlertQueue({ connection, redis: config.redis, logger, keptCount: 3 });
  await queue.add("quality", alert("old"), { jobId: "old", timestamp: Date.now() - 8 * 86_400_000 });
  for (const id of ["a", "b", "b", "c"]) await alerts.add(alert(id));
  const waiting = async () => (await queue.getJobs(["waiting"], 0, -1, true)).map((job) => job.id);
  expect(await waiting()).toEqual(["a-firing", "b-firing", "c-firing"]);
  await alerts.add(alert("d"));
  expect(await waiting()).toEqual(["b-firing", "c-firing", "d-firing"]);
  expect(await alerts.trim()).toBe(0);
});
