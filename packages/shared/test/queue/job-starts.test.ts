import { randomUUID } from "node:crypto";
import { requestCancel } from "@colaml/shared/queue/cancel";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { forgetStarts, JobStarts } from "@colaml/shared/queue/job-starts";

const prefix = `{t-${randomUUID()}}`;
let redis: RedisConnection;
let starts: JobStarts;
beforeAll(() => {
  redis = connectRedis({ url: process.env["TEST_REDIS_URL"]!, prefix, cluster: false });
  starts = new JobStarts(redis, prefix, "q");
});
afterAll(() => closeRedis(redis));

/** What BullMQ sets while a worker holds a job. */
const lock = (jobId: string, token: string) => redis.set(`${prefix}:q:${jobId}:lock`, token);
const deathsOf = async (jobId: string) => (await starts.begin(jobId)).deaths;

describe("the starts of a job", () => {
  it("count as deaths until they are ended", async () => {
    expect([await deathsOf("a"), await deathsOf("a"), await deathsOf("a")]).toEqual([0, 1, 2]);
    await forgetStarts(redis, prefix, "q", "a");
    expect(await deathsOf("a")).toBe(0);
  });

  it("that end in another attempt, or are put back, leave the deaths before them", async () => {
    await starts.begin("b");
    await lock("b", "t2");
    await (await starts.begin("b")).ended("t2", false, false);
    await (await starts.begin("b")).left();
    expect(await deathsOf("b")).toBe(1);
  });

  it("are forgotten when the job ends or makes progress, by whoever has its lock", async () => {
    await starts.begin("c");
    const second = await starts.begin("c");
    await lock("c", "t2");
    await second.progressed();
    expect(await deathsOf("c")).toBe(1);
    await second.ended("t2", true, false);
    expect(await deathsOf("c")).toBe(0);
  });

  it("of a worker that lost its lock count only if it was busy, not if it was frozen or had no Redis", async () => {
    const frozen = await starts.begin("d");
    const busy = await starts.begin("d");
    await starts.begin("d");
    await lock("d", "t3");
    await frozen.ended("t1", true, false);
    await busy.ended("t2", true, true);
    // The third is at work, and the busy one was lost with it.
    expect(await deathsOf("d")).toBe(2);
  });

  it("show a request to cancel", async () => {
    expect((await starts.begin("e")).isCancelled).toBe(false);
    await requestCancel(redis, prefix, "q", "e");
    expect((await starts.begin("e")).isCancelled).toBe(true);
  });
});
