import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@colaml/producer/local/free-port";
import type { Job } from "bullmq";
import { openPredictorBench, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

/** A word that stands nowhere but in texts of customers. */
const CANARY = `canary${randomUUID().replaceAll("-", "")}`;
let bench: PredictorBench;
let model: string;
let metrics: string;
const ended: Job[] = [];

async function endOf(queue: string, id: string): Promise<Job> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const job = await bench.queue(queue).getJob(id);
    if (job?.finishedOn !== undefined) return job;
    if (Date.now() > deadline) throw new Error(`${id} did not end: ${bench.logs().slice(-2000)}`);
    await delay(50);
  }
}

beforeAll(async () => {
  model = `models:/${await publishBundle(tweetBundle())}/1`;
  bench = await openPredictorBench();
  const port = String(await freePort());
  await bench.start({ env: { COLAML_LOG_LEVEL: "debug", COLAML_HEALTH_PORT: port } });
  const texts = [`please help ${CANARY}`, `${CANARY} ${CANARY}`];
  const once = { attempts: 1 };
  const queue = bench.queue("predict-texts");
  await queue.add("t", { texts, model, explain: 3 }, { jobId: "scored", ...once });
  await queue.add("t", { texts, model: "models:/nobody/1" }, { jobId: "no-model", ...once });
  await queue.add("t", { texts: [...texts, { [CANARY]: CANARY }], model }, { jobId: "not-texts", ...once });
  await queue.add("t", { texts, model, unknown: CANARY }, { jobId: "unknown-key", ...once });
  const input = join(bench.folder, "in.csv");
  const rows = [`1,True,${CANARY}`, `2,True,"${CANARY}`, `3,${CANARY}`, `4,True,${CANARY},${CANARY}`];
  writeFileSync(input, `tweet_id,inbound,text\n${rows.join("\n")}\n`);
  await bench.submit(
    { input: { path: input }, output: join(bench.folder, "out.csv"), model, maxRejected: 10 },
    "file",
  );
  for (const id of ["scored", "no-model", "not-texts", "unknown-key"])
    ended.push(await endOf("predict-texts", id));
  ended.push(await endOf("predict", "file"));
  metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}, 90_000);
afterAll(() => bench.close());

describe("security points 11 and 12: texts of customers", () => {
  it("were scored, and refused, as they should", async () => {
    const [scored, ...others] = ended;
    expect(scored!.returnvalue).toMatchObject({ rows: 2 });
    expect(await Promise.all(others.slice(0, 3).map((job) => job.isFailed()))).toEqual([true, true, true]);
    expect(ended.at(-1)!.failedReason ?? "").toBe("");
  });

  it("are in no log, also at debug", () => {
    expect(bench.logs()).toContain(" DEBUG ");
    expect(bench.logs()).not.toContain(CANARY);
  });

  it("are in no reason, stack or step of a job", async () => {
    for (const job of ended) {
      const { logs } = await bench.queue(job.queueName).getJobLogs(job.id!);
      expect(JSON.stringify([job.failedReason, job.stacktrace, job.progress, logs])).not.toContain(CANARY);
    }
  });

  it("are not in the result of a file", () => {
    expect(JSON.stringify(ended.at(-1)!.returnvalue)).not.toContain(CANARY);
  });

  it("are in no metric", () => {
    expect(metrics).toContain("colaml_");
    expect(metrics).not.toContain(CANARY);
  });
});
