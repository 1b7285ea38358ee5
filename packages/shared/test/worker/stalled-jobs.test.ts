import type { Logger } from "@colaml/shared/logging/logger";
import { addJob, closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { reportStalledJobs } from "@colaml/shared/worker/stalled-jobs";
import { Worker } from "bullmq";
import { startPrivateRedis } from "../../../../test/private-redis";

it("a job whose payload Redis does not hand out any more is named with the limit, and runs once that is raised", async () => {
  const redis = await startPrivateRedis();
  const settings = { url: redis.url, prefix: "{t}", cluster: false };
  const connection = connectRedis(settings);
  const queue = openQueue<{ text: string }>("q", { connection, redis: settings });
  await addJob(queue, "j", { text: "x".repeat(1_000_000) }, { jobId: "large" });
  await connection.config("SET", "client-output-buffer-limit", "normal 500000 0 0");

  let told: (line: [string, unknown]) => void;
  const line = new Promise<[string, unknown]>((resolve) => {
    told = resolve;
  });
  const logger = {
    warn: () => undefined,
    error: (message: string, facts: unknown) => told([message, facts]),
  };
  let end: (id: string) => void;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const worker = new Worker("q", async (job) => end(job.id ?? ""), {
    connection: connection as never,
    prefix: settings.prefix,
    lockDuration: 500,
    stalledInterval: 200,
    maxStalledCount: 1_000,
  });
  worker.on("error", () => undefined);
  reportStalledJobs(worker, { connection, logger: logger as unknown as Logger, onStalled: () => undefined });
  expect(await line).toEqual([
    expect.stringMatching(/^q: no worker gets the job: .* 500000 bytes .*payload has 1000011: raise it/),
    { jobId: "large" },
  ]);

  await connection.config("SET", "client-output-buffer-limit", "normal 0 0 0");
  expect(await ended).toBe("large");
  await worker.close();
  await queue.close();
  closeRedis(connection);
  await redis.stop();
});
