import { randomUUID } from "node:crypto";
import {
  addJob,
  closeRedis,
  connectRedis,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { JobStarts } from "@colaml/shared/queue/job-starts";
import { takenOff } from "@colaml/shared/queue/taken-off";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const { redis: settings } = resolveConfig({
  flags: { "redis.url": process.env["TEST_REDIS_URL"], "redis.prefix": `{t-${randomUUID()}}` },
});
const { prefix } = settings;
let connection: RedisConnection;
beforeAll(() => {
  connection = connectRedis(settings);
});
afterAll(() => closeRedis(connection));

it("a job that waits is taken off its queue with the note of the worker that was lost with it", async () => {
  const open = openQueue("q", { connection, redis: settings });
  await addJob(open, "j", {}, { jobId: "one" });
  const lock = `${prefix}:q:one:lock`;
  await connection.set(lock, "killed");
  await new JobStarts(connection, prefix, "q").begin("one", "killed");
  const job = (await open.queue.getJob("one"))!;
  expect(await takenOff(job, { connection, prefix })).toBe(false);
  expect(await connection.exists(`${prefix}:starts:q:one`)).toBe(1);
  await connection.del(lock);
  expect(await takenOff(job, { connection, prefix })).toBe(true);
  expect(await connection.keys(`${prefix}:*:one`)).toEqual([]);
});
