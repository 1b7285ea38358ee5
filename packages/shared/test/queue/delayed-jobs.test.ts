import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { pullDelayedForward } from "@colaml/shared/queue/delayed-jobs";
import { type ConnectionOptions, Queue, Worker } from "bullmq";

const HOUR_MS = 3_600_000;
let connection: RedisConnection;
let queue: Queue;
const prefix = `{delayed-${randomUUID()}}`;
beforeEach(() => {
  connection = connectRedis({ url: process.env["TEST_REDIS_URL"]!, prefix, cluster: false });
  queue = new Queue(`q-${randomUUID()}`, { connection: connection as ConnectionOptions, prefix });
});
afterEach(async () => {
  await queue.close();
  closeRedis(connection);
});

/** When a job is due, in milliseconds since 1970: BullMQ keeps it times 4096. */
const dueAt = async (id: string) =>
  Math.floor(Number(await connection.zscore(queue.toKey("delayed"), id)) / 4096);

/** Lets a worker fail the job that waits, so that it is retried in 5 s. */
async function failOnce(): Promise<void> {
  const worker = new Worker(queue.name, () => Promise.reject(new Error("not now")), {
    connection: connection as ConnectionOptions,
    prefix,
  });
  await once(worker, "failed");
  await worker.close();
}

const retried = { attempts: 2, backoff: { type: "fixed", delay: 5_000 } };

describe("a job that is delayed", () => {
  it("by a clock that was an hour ahead is due in its delay from now", async () => {
    await queue.add("a", {}, { jobId: "a", ...retried });
    const realNow = Date.now;
    const ahead = jest.spyOn(Date, "now").mockImplementation(() => realNow() + HOUR_MS);
    await failOnce();
    ahead.mockRestore();
    expect((await dueAt("a")) - Date.now()).toBeGreaterThan(HOUR_MS - 60_000);
    expect(await pullDelayedForward(queue, connection, Date.now())).toEqual(["a"]);
    expect((await dueAt("a")) - Date.now()).toBeLessThanOrEqual(5_000);
  });

  it("by its client, or for a retry by a clock that is right, stays as it is", async () => {
    await queue.add("retried", {}, { jobId: "retried", ...retried });
    await failOnce();
    await queue.add("late", {}, { jobId: "late", delay: 2 * HOUR_MS });
    const before = [await dueAt("retried"), await dueAt("late")];
    expect(await pullDelayedForward(queue, connection, Date.now())).toEqual([]);
    expect([await dueAt("retried"), await dueAt("late")]).toEqual(before);
  });

  it("is left to its schedule if it is a schedule's", async () => {
    await queue.upsertJobScheduler("hourly", { every: HOUR_MS, offset: 0 }, { name: "tick" });
    const long = (await queue.getJobs(["delayed", "waiting"])).map(({ id }) => id);
    expect(long).toHaveLength(1);
    expect(await pullDelayedForward(queue, connection, Date.now() - 2 * HOUR_MS)).toEqual([]);
  });
});
