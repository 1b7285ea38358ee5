import { randomUUID } from "node:crypto";
import { drainQueue } from "@colaml/producer/submit/drain-queue";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import {
  pauseQueue,
  queueOverview,
  queueOverviews,
  resumeQueue,
} from "@colaml/producer/submit/queue-overview";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { type ConnectionOptions, FlowProducer, Worker } from "bullmq";

let queues: JobQueues;
let redis: { url: string; prefix: string; cluster: boolean };
beforeEach(async () => {
  redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
  queues = await openJobQueues({ redis });
});
afterEach(async () => {
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
});

/** Jobs as a worker leaves them: some done, some failed, one that waits for its retry. */
async function runSome(queue: "train" | "predict", ids: readonly string[]): Promise<void> {
  const url = new URL(redis.url);
  const worker = new Worker(
    queue,
    async (job) => {
      if (job.name !== "ok") throw new Error("no");
    },
    { connection: { host: url.hostname, port: Number(url.port) }, prefix: redis.prefix },
  );
  for (const id of ids) {
    const ended = new Promise((resolve) => {
      worker.on("completed", (job) => job.id === id && resolve(id));
      worker.on("failed", (job) => job?.id === id && resolve(id));
    });
    const attempts = id.startsWith("again") ? 2 : 1;
    const name = id.startsWith("ok") ? "ok" : "bad";
    await queues.queue(queue).add(name, {}, { jobId: id, attempts, backoff: 3_600_000 });
    await ended;
  }
  await worker.close();
}

describe("the overview of the queues", () => {
  it("counts jobs by state, and gives the age of the one that is taken next", async () => {
    await runSome("train", ["ok-1", "ok-2", "bad-1", "again-1"]);
    const at = Date.now();
    await queues.add("train", {}, { jobId: "old", timestamp: at - 60_000 });
    await queues.add("train", {}, { jobId: "new", timestamp: at - 1_000 });
    await queues.add("train", {}, { jobId: "urgent", priority: 1, timestamp: at - 90_000 });
    expect(await queueOverview(queues, "train", () => at)).toEqual({
      queue: "train",
      worker: "trainer",
      paused: false,
      counts: { waiting: 3, active: 0, delayed: 1, waitingForChildren: 0, completed: 2, failed: 1 },
      workers: [],
      otherWorkers: 0,
      oldestWaitingMs: 60_000,
    });
  });

  it("lists every queue of the catalogue, the empty ones without an age", async () => {
    const overviews = await queueOverviews(queues);
    expect(overviews.map(({ queue }) => queue)).toEqual(QUEUE_NAMES);
    expect(overviews.filter((overview) => "oldestWaitingMs" in overview)).toEqual([]);
    expect(overviews.filter(({ worker }) => worker === undefined).map(({ queue }) => queue)).toEqual([
      "predict-dead",
      "alerts",
    ]);
  });

  it("counts listeners that do not say who they are", async () => {
    const url = new URL(redis.url);
    const worker = new Worker("alerts", async () => undefined, {
      connection: { host: url.hostname, port: Number(url.port) },
      prefix: redis.prefix,
    });
    await worker.waitUntilReady();
    expect(await queueOverview(queues, "alerts")).toMatchObject({ workers: [], otherWorkers: 1 });
    await worker.close();
  });

  it("pauses and resumes a queue, twice as well as once", async () => {
    await pauseQueue(queues, "predict");
    expect(await pauseQueue(queues, "predict")).toMatchObject({ paused: true });
    await queues.add("predict", {});
    expect(await queueOverview(queues, "predict")).toMatchObject({ paused: true, counts: { waiting: 1 } });
    expect(await resumeQueue(queues, "predict")).toMatchObject({ paused: false, counts: { waiting: 1 } });
  });

  it.each(["trains", "", "__proto__", "train:wait", "x".repeat(5_000)])(
    "has no queue %j, and names those there are",
    async (name) => {
      await expect(pauseQueue(queues, name)).rejects.toMatchObject({
        code: "JOB_NOT_FOUND",
        message: expect.stringMatching(/^no queue .{0,150}: there are train, tune, /),
      });
    },
  );
});

const NOTHING_KEPT = { begun: 0, children: 0, chunks: 0, scheduled: 0, taken: 0 };

describe("draining a queue", () => {
  it("takes off what has not begun, also what has a priority or is due later, and says how many", async () => {
    for (let i = 0; i < 250; i++) await queues.add("train", {});
    await queues.add("train", {}, { priority: 3 });
    await queues.add("train", {}, { delay: 3_600_000 });
    expect(await drainQueue(queues, "train")).toEqual({
      queue: "train",
      removed: 252,
      kept: NOTHING_KEPT,
      more: false,
    });
    expect((await queueOverview(queues, "train")).counts).toMatchObject({ waiting: 0, delayed: 0 });
  });

  it("leaves finished jobs, those that wait for a retry, the trials of a search and the jobs of schedules", async () => {
    await runSome("train", ["ok-1", "bad-1", "again-1"]);
    const flows = new FlowProducer({ connection: queues.redis as ConnectionOptions, prefix: redis.prefix });
    const trial = { name: "trial", queueName: "train", data: {}, opts: { jobId: "t-trial-0" } };
    await flows.add({ name: "tune", queueName: "tune", data: {}, opts: { jobId: "t" }, children: [trial] });
    await queues
      .queue("train")
      .upsertJobScheduler("due", { every: 3_600_000, startDate: Date.now() - 1_000 });
    await queues
      .queue("train")
      .upsertJobScheduler("nightly", { every: 3_600_000, startDate: Date.now() + 10_000 });
    await queues.add("train", {});
    expect(await drainQueue(queues, "train")).toEqual({
      queue: "train",
      removed: 1,
      kept: { ...NOTHING_KEPT, begun: 1, children: 1, scheduled: 2 },
      more: false,
    });
    expect(await queues.queue("tune").getJobState("t")).toBe("waiting-children");
    expect((await queueOverview(queues, "train")).counts).toMatchObject({ completed: 1, failed: 1 });
  });

  it("leaves all chunks while a batch has begun and not ended, and takes those that are left over", async () => {
    await runSome("predict", ["bad-batch"]);
    await queues.add("predict", {}, { jobId: "not-begun", delay: 3_600_000 });
    const addChunks = async () => {
      for (const id of ["a-0", "a-1"]) await queues.add("predict-chunk", { batch: "a" }, { jobId: id });
      await queues.add("predict-chunk", { batch: { odd: true } }, { jobId: "odd" });
    };
    await addChunks();
    const none = { queue: "predict-chunk", removed: 0, more: false };
    expect(await drainQueue(queues, "predict-chunk")).toEqual({ ...none, removed: 3, kept: NOTHING_KEPT });
    await addChunks();
    // It waits for its next attempt.
    await runSome("predict", ["again-batch"]);
    expect(await drainQueue(queues, "predict-chunk")).toEqual({
      ...none,
      kept: { ...NOTHING_KEPT, chunks: 3 },
    });
  });

  it("stops when its time is over and says that there is more", async () => {
    for (let i = 0; i < 150; i++) await queues.add("labels", {});
    const times = [0, 0, 10_000];
    const drained = await drainQueue(queues, "labels", () => times.shift() ?? 10_000);
    expect(drained).toMatchObject({ removed: 100, more: true });
    expect(await drainQueue(queues, "labels")).toMatchObject({ removed: 50, more: false });
  });

  it("begins with the newest job, which BullMQ finds at once in a list of any length", async () => {
    const queue = queues.queue("labels");
    await queue.addBulk(
      ["1", "2", "3"].map((n) => ({ name: "labels", data: {}, opts: { jobId: `add-${n}` } })),
    );
    await drainQueue(queues, "labels");
    const events = await queues.redis.xrange(queue.toKey("events"), "-", "+");
    const removed = events.map(([, fields]) => fields).filter((fields) => fields.includes("removed"));
    expect(removed.slice(-3).map((fields) => fields[fields.indexOf("jobId") + 1])).toEqual([
      "add-3",
      "add-2",
      "add-1",
    ]);
  });
});
