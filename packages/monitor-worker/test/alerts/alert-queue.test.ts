import { randomUUID } from "node:crypto";
import { openAlertQueue } from "@colaml/monitor-worker/alerts/alert-queue";
import { createLogger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { exampleAlert } from "../../../shared/test/alerts/example-alert";

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

it("keeps alerts for whoever listens, but only the last ones, and none longer than a week", async () => {
  const { queue } = openJobQueue("alerts", { connection, redis: config.redis, logger });
  const alerts = openAlertQueue({ connection, redis: config.redis, logger, keptCount: 3 });
  await queue.add("quality", exampleAlert("old"), { jobId: "old", timestamp: Date.now() - 8 * 86_400_000 });
  for (const id of ["a", "b", "b", "c"]) await alerts.add(exampleAlert(id));
  const waiting = async () => (await queue.getJobs(["waiting"], 0, -1, true)).map((job) => job.id);
  expect(await waiting()).toEqual(["a-firing", "b-firing", "c-firing"]);
  await alerts.add(exampleAlert("d"));
  expect(await waiting()).toEqual(["b-firing", "c-firing", "d-firing"]);
  expect(await alerts.trim()).toBe(0);
});
