import { randomUUID } from "node:crypto";
import { requestCancel } from "@colaml/shared/queue/cancel";
import { closeRedis } from "@colaml/shared/queue/connection";
import { forgetStarts, type JobStart, JobStarts } from "@colaml/shared/queue/job-starts";
import { ownRedis } from "./own-redis";

const { connection, redis } = ownRedis();
const { prefix } = redis;
const starts = new JobStarts(connection, prefix, "q");
afterAll(() => closeRedis(connection));

/** What BullMQ sets while a worker holds a job. */
const lock = (jobId: string, token: string) => connection.set(`${prefix}:q:${jobId}:lock`, token);
/** A worker takes the job; whoever had it before has it no more. */
async function begin(jobId: string, token: string = randomUUID()): Promise<JobStart> {
  await lock(jobId, token);
  return (await starts.begin(jobId, token))!;
}
const deathsOf = async (jobId: string) => (await begin(jobId)).deaths;

describe("the starts of a job", () => {
  it("count as deaths until they are ended", async () => {
    expect([await deathsOf("a"), await deathsOf("a"), await deathsOf("a")]).toEqual([0, 1, 2]);
    await forgetStarts(connection, prefix, "q", "a");
    expect(await deathsOf("a")).toBe(0);
  });

  it("that end in another attempt, or are put back, leave the deaths before them", async () => {
    await begin("b");
    await (await begin("b")).ended(false, false);
    await (await begin("b")).left();
    expect(await deathsOf("b")).toBe(1);
  });

  it("are forgotten when the job ends or makes progress, by whoever has its lock", async () => {
    await begin("c");
    const second = await begin("c", "t2");
    await second.progressed();
    expect(await deathsOf("c")).toBe(1);
    await lock("c", "t2");
    await second.ended(true, false);
    expect(await deathsOf("c")).toBe(0);
  });

  it("of a worker that lost its lock count only if it was busy, not if it was frozen or had no Redis", async () => {
    const frozen = await begin("d");
    const busy = await begin("d");
    await begin("d");
    await frozen.ended(true, false);
    await busy.ended(true, true);
    // The third is at work, and the busy one was lost with it.
    expect(await deathsOf("d")).toBe(2);
  });

  it("are not written by a worker whose lock ran out before: nobody would end them", async () => {
    await begin("f");
    expect(await starts.begin("f", "of another worker")).toBeUndefined();
    expect(await starts.begin("off its queue", "t")).toBeUndefined();
    expect(await connection.keys(`${prefix}:starts:q:off its queue`)).toEqual([]);
    expect(await deathsOf("f")).toBe(1);
  });

  it("show a request to cancel", async () => {
    expect((await begin("e")).isCancelled).toBe(false);
    await requestCancel(connection, prefix, "q", "e");
    expect((await begin("e")).isCancelled).toBe(true);
  });
});
