import { randomUUID } from "node:crypto";
import { cancelJob } from "@colaml/producer/jobs/cancel-job";
import type { JobQueues } from "@colaml/producer/jobs/job-queues";
import { openJobQueues } from "@colaml/producer/jobs/open-queues";
import { cancelRequested } from "@colaml/shared/jobs/cancel";
import { type ConnectionOptions, FlowProducer } from "bullmq";

const redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
let queues: JobQueues;
beforeAll(async () => {
  queues = await openJobQueues({ redis });
});
afterAll(() => queues.close());

const asked = (queue: string, id: string) => cancelRequested(queues.redis, redis.prefix, queue, [id]);

it("takes a job that never ran off its queue", async () => {
  const id = await queues.add("train", {}, { jobId: "idle" });
  expect(await cancelJob(queues, id)).toEqual({ id, queue: "train", cancelled: "removed" });
  expect(await queues.find(id)).toBeUndefined();
  // Under an idempotency key a job may come again with the same id: it must not be cancelled, too.
  expect(await asked("train", id)).toEqual([]);
});

it("takes the trials of a tuning job off their queue, too, and leaves the job to the next worker to end", async () => {
  const flows = new FlowProducer({ connection: queues.redis as ConnectionOptions, prefix: redis.prefix });
  const trial = (number: number) => ({
    name: "trial",
    queueName: "train",
    data: {},
    opts: { jobId: `t-trial-${number}`, ignoreDependencyOnFailure: true },
  });
  await flows.add({
    name: "tune",
    queueName: "tune",
    data: {},
    opts: { jobId: "t" },
    children: [trial(0), trial(1)],
  });
  expect(await queues.queue("tune").getJobState("t")).toBe("waiting-children");
  expect(await cancelJob(queues, "tune/t")).toMatchObject({ cancelled: "requested" });
  expect(await queues.queue("train").getJobCounts("waiting", "active")).toEqual({ waiting: 0, active: 0 });
  // Its last child is gone: a worker may take it, and finds that it is cancelled before it starts it.
  expect(await queues.queue("tune").getJobState("t")).toBe("waiting");
  expect(await asked("tune", "t")).toEqual(["t"]);
});
