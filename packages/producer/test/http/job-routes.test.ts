import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import type { JobView } from "@colaml/producer/submit/job-view";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { UnrecoverableError, Worker } from "bullmq";
import { watchAnswers } from "./documented-answers";

type Answered = JobView & { href: string };

const folder = mkdtempSync(join(tmpdir(), "job-routes-"));
const dataDir = join(folder, "data");
const prefix = `{routes-${process.pid}}`;
let server: Awaited<ReturnType<typeof createServer>>;
let queues: JobQueues;
let checkAnswers: () => Promise<void>;

beforeAll(async () => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "tweets.csv"), "tweet_id,inbound,text\n1,True,hello\n");
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: prefix,
      COLAML_MODEL: "reviews",
      COLAML_TEXT_COLUMN: "body",
      COLAML_PRESET: "best",
    },
  });
  queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  server = await createServer({ config, queues, health, dataDir, log });
  checkAnswers = watchAnswers(server);
});
afterEach(() => Promise.all(queues.all().map((queue) => queue.obliterate({ force: true }))));
// A hook of its own: the next one closes the server also if this one fails.
afterAll(() => checkAnswers());
afterAll(async () => {
  await server.close();
  await queues.close();
  rmSync(folder, { recursive: true });
});

const ask = (method: "GET" | "POST" | "DELETE", url: string) =>
  server.inject({ method, url, headers: { host: "127.0.0.1" } });

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  server.inject({ method: "POST", url, payload, headers: { host: "127.0.0.1", ...headers } });

/** Ends every waiting job of a queue by `process`. */
async function work(queue: string, process: () => Promise<unknown>): Promise<void> {
  const worker = new Worker(queue, process, { connection: queues.queue("train").opts.connection!, prefix });
  await new Promise<void>((resolve) => {
    worker.on("completed", () => resolve());
    worker.on("failed", () => resolve());
  });
  await worker.close();
}

describe("a job or a schedule that is submitted", () => {
  it("has the settings of the server where its body says nothing", async () => {
    const payload = { dataset: { path: "tweets.csv" }, columns: { label: "stars" } };
    const { id } = (await post("/jobs/train", payload)).json<{ id: string }>();
    const expected = {
      dataset: { path: join(dataDir, "tweets.csv") },
      model: "reviews",
      columns: { text: "body", label: "stars" },
      preset: "best",
      boosting: { booster: "gblinear" },
    };
    expect((await queues.get(id)).job.data).toMatchObject(expected);
    const schedule = await post("/schedules", { queue: "train", id: "nightly", every: "1d", payload });
    expect([schedule.statusCode, schedule.json()]).toEqual([201, expect.objectContaining({ id: "nightly" })]);
    expect((await queues.queue("train").getJobScheduler("nightly"))?.template?.data).toMatchObject(expected);
  });
});

describe("a job of texts", () => {
  it("goes to a queue of its own, whether it is asked for as a prediction or by the queue's name", async () => {
    const body = { texts: ["hello"], explain: 2 };
    // what predictions of files have means nothing to texts, and was taken before
    const asked = await post("/jobs/predict", { ...body, transport: "redis", force: true });
    const { id, queue } = asked.json<{ id: string; queue: string }>();
    expect([asked.statusCode, queue, id]).toEqual([
      202,
      "predict-texts",
      expect.stringMatching(/^predict-texts-/),
    ]);
    const named = (await post("/jobs/predict-texts", body)).json<{ id: string }>();
    for (const one of [id, named.id])
      expect((await queues.get(one)).job.data).toEqual({
        v: 1,
        texts: ["hello"],
        explain: 2,
        model: "models:/reviews@champion",
      });
    expect((await ask("GET", `/jobs/${id}`)).json()).toMatchObject({
      queue: "predict-texts",
      status: "waiting",
    });
    const { jobs } = (await ask("GET", "/jobs?queue=predict-texts")).json<{ jobs: Answered[] }>();
    expect(jobs).toHaveLength(2);
    expect((await ask("GET", "/jobs")).json()).toEqual({ jobs: [] });
  });

  it("is there once for an Idempotency-Key, and again when the first is forgotten", async () => {
    const key = { "idempotency-key": "texts-1" };
    const first = (await post("/jobs/predict", { texts: ["a"] }, key)).json<{ id: string }>();
    expect((await post("/jobs/predict", { texts: ["a"] }, key)).json()).toMatchObject({ id: first.id });
    await queues.queue("predict-texts").remove(first.id);
    expect((await post("/jobs/predict", { texts: ["a"] }, key)).json()).toMatchObject({ id: first.id });
    expect(await queues.queue("predict-texts").getWaitingCount()).toBe(1);
  });
});

describe("a job of another client, whose id is none of ours", () => {
  const id = "nightly 2026/11/25";
  const path = "/jobs/train%2Fnightly%202026%2F11%2F25";

  it("is listed with the path that finds, retries and cancels it", async () => {
    await queues.queue("train").add("train", {}, { jobId: id });
    const { jobs } = (await ask("GET", "/jobs")).json<{ jobs: Answered[] }>();
    expect(jobs.map((job) => [job.id, job.href])).toEqual([[id, path]]);
    expect((await ask("GET", path)).json()).toMatchObject({ id, queue: "train", status: "waiting" });
    expect((await ask("GET", `/jobs/${encodeURIComponent(id)}`)).json()).toMatchObject({ id });
    await work("train", () => Promise.reject(new UnrecoverableError("JOB_INVALID: no dataset")));
    expect((await ask("POST", `${path}/retry`)).json()).toMatchObject({ id, status: "waiting" });
    expect((await ask("DELETE", path)).json()).toEqual({ id, queue: "train", cancelled: "removed" });
    expect((await ask("GET", path)).statusCode).toBe(404);
  });

  it.each([
    ["%2e%2e%2f%2e%2e%2fx", 404, "JOB_NOT_FOUND"],
    ["train%2Fmeta", 404, "JOB_NOT_FOUND"],
    ["wait", 404, "JOB_NOT_FOUND"],
    ["%00", 404, "JOB_NOT_FOUND"],
    ["%zz", 400, "JOB_INVALID"],
    ["x".repeat(1_025), 414, "JOB_INVALID"],
    ["x".repeat(9_000), 414, "JOB_INVALID"],
  ])("is not what %s finds", async (reference, status, code) => {
    await queues.queue("train").add("train", {}, { jobId: id });
    const answer = await ask("GET", `/jobs/${reference}`);
    expect([answer.statusCode, answer.json<{ error_code: string }>().error_code]).toEqual([status, code]);
  });
});

describe("the result of a job", () => {
  it("is answered once it is there; until then, and after a failure, 409 says why not", async () => {
    await queues.queue("predict").add("predict", {}, { jobId: "predict-1" });
    const early = await ask("GET", "/jobs/predict-1/result");
    expect([early.statusCode, early.json()]).toEqual([
      409,
      {
        error_code: "NO_RESULT",
        message: "job predict-1 has no result: it is waiting: its result is there when it is completed",
      },
    ]);
    await work("predict", async () => ({ rows: 1, output: join(dataDir, "out/scored.csv") }));
    const result = await ask("GET", "/jobs/predict-1/result");
    expect([result.statusCode, result.json()]).toEqual([200, { rows: 1, output: "out/scored.csv" }]);
    await queues.queue("train").add("train", {}, { jobId: "train-1" });
    await work("train", () => Promise.reject(new UnrecoverableError("TOO_FEW_ROWS: 3 rows")));
    const failed = (await ask("GET", "/jobs/train-1/result")).json();
    expect(failed).toMatchObject({ error_code: "NO_RESULT", message: /it failed \(TOO_FEW_ROWS: 3 rows\)/ });
    expect((await ask("GET", "/jobs/train-2/result")).statusCode).toBe(404);
  });

  it("names files as the API takes them, and those elsewhere as they are", async () => {
    await queues.queue("monitor").add("monitor", {}, { jobId: "monitor-1" });
    await work("monitor", async () => ({
      report: "/elsewhere/report.html",
      drift: { reference: { path: join(dataDir, "weeks.csv"), rows: 3 } },
    }));
    expect((await ask("GET", "/jobs/monitor-1")).json()).toMatchObject({
      href: "/jobs/monitor-1",
      result: { report: "/elsewhere/report.html", drift: { reference: { path: "weeks.csv", rows: 3 } } },
    });
  });
});

describe("the list of jobs", () => {
  it("is read page by page by `next`", async () => {
    for (let i = 0; i < 5; i++)
      await queues.queue("train").add("train", {}, { jobId: `t-${i}`, timestamp: 1_000 + i });
    const first = (await ask("GET", "/jobs?queue=train&limit=3")).json<{ jobs: Answered[]; next: string }>();
    const second = (await ask("GET", `/jobs?queue=train&limit=3&cursor=${first.next}`)).json<{
      jobs: Answered[];
    }>();
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(["t-4", "t-3", "t-2", "t-1", "t-0"]);
    expect(second).not.toHaveProperty("next");
  });

  it.each([
    ["queue=trian", /queue is "trian": allowed is one of train, tune/],
    ["state=done", /state is "done": allowed is one of waiting, delayed/],
    ["limit=1000", /from 1 to 100/],
    ["status=failed", /query parameter "status": allowed are queue, state, model/],
    ["since=%00", /since is/],
    ["cursor=x", /cursor is "x"/],
    ["limit=1&limit=2", /limit is given 2 times/],
  ])("refuses ?%s", async (query, message) => {
    const answer = await ask("GET", `/jobs?${query}`);
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { error_code: "USAGE", message: expect.stringMatching(message) },
    ]);
  });
});
