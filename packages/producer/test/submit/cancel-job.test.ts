import { randomUUID } from "node:crypto";
import { cancelJob } from "@colaml/producer/submit/cancel-job";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { cancelRequested } from "@colaml/shared/queue/cancel";
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

describe("a job of a schedule", () => {
  const job = { name: "monitor", data: {} };
  const schedule = async (name: string, startDate: number) => {
    const queue = queues.queue("monitor");
    const { id } = await queue
      .upsertJobScheduler(name, { every: 3_600_000, startDate }, job)
      .then((made) => made!);
    return { id: id!, state: await queue.getJobState(id!) };
  };

  it("that is not yet due is not cancelled, and the refusal says what ends the schedule", async () => {
    const { id, state } = await schedule("nightly", Date.now() + 3_600_000);
    expect(state).toBe("delayed");
    await expect(cancelJob(queues, `monitor/${id}`)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("cola schedule remove nightly"),
    });
    expect(await asked("monitor", id)).toEqual([]);
  });

  it("that is due is ended by the worker that takes it, and stays until then: it makes the next one", async () => {
    const { id, state } = await schedule("hourly", Date.now() - 1_000);
    expect(state).toBe("waiting");
    expect(await cancelJob(queues, `monitor/${id}`)).toEqual({
      id,
      queue: "monitor",
      cancelled: "requested",
    });
    expect(await asked("monitor", id)).toEqual([id]);
  });
});
