import { randomUUID } from "node:crypto";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { unendedJobs } from "@colaml/producer/submit/unended-jobs";

it("jobs that have not ended are read with ids and payloads, but those that have done nothing yet or that nobody takes", async () => {
  const redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
  const queues = await openJobQueues({ redis });
  await queues.add("predict", { output: "/data/out.csv" }, { jobId: "waits" });
  await queues.add("train", {}, { jobId: "later", delay: 3_600_000 });
  await queues.add("alerts", {}, { jobId: "alert" });
  await queues
    .queue("monitor")
    .upsertJobScheduler("nightly", { every: 3_600_000, startDate: Date.now() + 3_600_000 });
  await queues.queue("labels").pause();
  await queues.add("labels", {}, { jobId: "paused" });
  const found: string[] = [];
  for await (const job of unendedJobs(queues)) found.push(job);
  expect(found.sort()).toEqual(['["later",{}]', '["paused",{}]', '["waits",{"output":"/data/out.csv"}]']);
  await queues.close();
});
