import { randomUUID } from "node:crypto";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { explainWaiting, withReasons } from "@colaml/producer/submit/waiting-reason";
import { noteWorker } from "@colaml/shared/queue/worker-roster";
import { type ConnectionOptions, FlowProducer, Worker } from "bullmq";

let queues: JobQueues;
let prefix: string;
beforeEach(async () => {
  prefix = `{t-${randomUUID()}}`;
  queues = await openJobQueues({ redis: { url: process.env["TEST_REDIS_URL"]!, prefix, cluster: false } });
});
afterEach(async () => {
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
});

/** A worker says that it listens, and takes nothing. */
const listen = (queue: string) =>
  noteWorker(queues.redis, prefix, queue, {
    name: "w",
    worker: { host: "h", pid: 1, release: "0.1.0", since: "2026-01-01T00:00:00.000Z" },
  });
const reasonOf = async (reference: string) => explainWaiting(queues)(await queues.view(reference));

/** Runs jobs of a queue until `work` has taken one. */
async function take(queue: string, work: (worker: Worker) => Promise<void>): Promise<void> {
  const url = new URL(process.env["TEST_REDIS_URL"]!);
  const worker = new Worker(queue, null, {
    connection: { host: url.hostname, port: Number(url.port) },
    prefix,
  });
  try {
    await work(worker);
  } finally {
    await worker.close();
  }
}

describe("why a job waits", () => {
  it("is that nobody listens on its queue, that its queue is paused, or the jobs before it", async () => {
    for (const jobId of ["first", "second", "third"]) await queues.add("train", {}, { jobId });
    await queues.add("train", {}, { jobId: "last", priority: 1 });
    expect(await reasonOf("train/third")).toEqual({
      because: "no-worker",
      message: "no worker listens on queue train: start a trainer worker, or `cola up`",
    });
    await listen("train");
    expect(await reasonOf("train/first")).toEqual({
      because: "behind",
      ahead: 0,
      message: "it is next, 0 running",
    });
    expect(await reasonOf("train/third")).toMatchObject({ ahead: 2, message: "behind 2 waiting, 0 running" });
    expect(await reasonOf("train/last")).toMatchObject({ because: "behind", ahead: 3 });
    await queues.queue("train").pause();
    expect(await reasonOf("train/first")).toEqual({
      because: "paused",
      message: "queue train is paused: `cola queues resume train`",
    });
  });

  it("is its time: of a job that is due later, and of one whose attempt failed", async () => {
    await queues.add("labels", {}, { jobId: "later", delay: 3_600_000, timestamp: Date.UTC(2030, 0, 1) });
    expect(await reasonOf("labels/later")).toEqual({
      because: "delayed",
      until: "2030-01-01T01:00:00.000Z",
      message: "it is due at 2030-01-01T01:00:00Z",
    });
    await queues.add("labels", {}, { jobId: "again", attempts: 3, backoff: 3_600_000 });
    await take("labels", async (worker) => {
      const job = (await worker.getNextJob("token"))!;
      await job.moveToFailed(new Error("MLFLOW_UNREACHABLE: away"), "token", false);
    });
    expect(await reasonOf("labels/again")).toEqual({
      because: "retry",
      until: expect.stringMatching(/^20..-..-..T/),
      message: expect.stringMatching(/^attempt 1 failed, the next is at 20..-..-..T..:..:..Z$/),
    });
  });

  it("is the jobs of its own that it waits for", async () => {
    const flows = new FlowProducer({ connection: queues.redis as ConnectionOptions, prefix });
    const trial = (number: number) => ({
      name: "trial",
      queueName: "train",
      data: {},
      opts: { jobId: `t-${number}` },
    });
    await flows.add({
      name: "tune",
      queueName: "tune",
      data: {},
      opts: { jobId: "search" },
      children: [trial(0), trial(1)],
    });
    expect(await reasonOf("tune/search")).toEqual({
      because: "children",
      children: 2,
      message: "it waits for 2 jobs of its own",
    });
  });

  it("is, of a batch that runs, the queue of its chunks if nobody works there", async () => {
    await queues.add("predict", {}, { jobId: "batch" });
    await take("predict", async (worker) => {
      await worker.getNextJob("token");
      expect(await reasonOf("predict/batch")).toBeUndefined();
      await queues.add("predict-chunk", { batch: "batch", index: 0 }, { jobId: "batch-0" });
      expect(await reasonOf("predict/batch")).toMatchObject({
        because: "no-worker",
        message: expect.stringMatching(/^its chunks wait: no worker listens on queue predict-chunk/),
      });
      await listen("predict-chunk");
      expect(await reasonOf("predict/batch")).toBeUndefined();
      await queues.queue("predict-chunk").pause();
      expect(await reasonOf("predict/batch")).toMatchObject({ because: "paused" });
    });
  });

  it("is not given of jobs that have ended, or that lie there for whoever wants them", async () => {
    await queues.add("alerts", {}, { jobId: "alert" });
    await queues.add("train", {}, { jobId: "bad", attempts: 1 });
    await take("train", async (worker) => {
      const job = (await worker.getNextJob("token"))!;
      await job.moveToFailed(new Error("no"), "token", false);
    });
    const views = [await queues.view("alerts/alert"), await queues.view("train/bad")];
    expect((await withReasons(queues, views)).map(({ waiting }) => waiting)).toEqual([undefined, undefined]);
  });

  it("counts no further than 10,000 jobs before one", async () => {
    const many = Array.from({ length: 10_050 }, (_, i) => ({
      name: "j",
      data: {},
      opts: { jobId: `j-${i}` },
    }));
    await queues.queue("compare").addBulk(many);
    await listen("compare");
    expect(await reasonOf("compare/j-9999")).toMatchObject({ ahead: 9_999 });
    expect(await reasonOf("compare/j-10049")).toMatchObject({
      ahead: 10_001,
      message: "behind more than 10000 waiting, 0 running",
    });
  });
});
