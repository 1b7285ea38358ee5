import { existsSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type ApiUnderTest, apiFolders, openApi } from "./api-under-test";

const folders = apiFolders("refused");
let api: ApiUnderTest;
beforeAll(async () => {
  api = await openApi(folders);
});
afterAll(() => api.close());

/** The answer to a body of `bytes` that is written to its end before an answer is read, as most clients do. */
function sendLarge(path: string, bytes: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: "Bearer token-admin",
      "content-type": "application/json",
      "content-length": bytes,
    };
    const sent = request(api.url + path, { method: "POST", headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode!, body: Buffer.concat(pieces).toString() }));
    });
    sent.on("error", reject);
    sent.end(Buffer.alloc(bytes, "x"));
  });
}

describe("a request that is refused", () => {
  it("for its method names the methods of the route", async () => {
    const answers = await Promise.all(
      ["/jobs", "/jobs/train-1/retry", "/models/reviews/promote", "/files/a/b.csv", "/nowhere"].map((path) =>
        api.call("PATCH", path, "admin", {}),
      ),
    );
    expect(answers.map(({ status, headers }) => [status, headers.get("allow")])).toEqual([
      [405, "GET, HEAD"],
      [405, "POST"],
      [405, "POST"],
      [405, "GET, HEAD, PUT"],
      [404, null],
    ]);
  });

  it("for its queue names the queues", async () => {
    const answer = await api.call("POST", "/jobs/trian", "submit", { body: "{}" });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        error_code: "USAGE",
        message: expect.stringMatching(/^no such queue here: POST \/jobs\/QUEUE takes train, tune, predict/),
      },
    ]);
  });

  it.each([
    ["PUT", "/files/a.csv?forced=true", /^query parameter "forced": allowed are force$/],
    ["GET", "/files/a.csv?download=1", /^query parameter "download": allowed are inline$/],
    ["GET", "/files?folder=x", /^query parameter "folder": allowed are prefix, after, limit$/],
    ["POST", "/jobs/train?force=true", /^query parameter "force": none is allowed here$/],
    ["GET", "/jobs/train-1?verbose", /^query parameter "verbose": none is allowed here$/],
    ["DELETE", "/jobs/train-1?queue=train", /none is allowed here$/],
    ["POST", "/models/reviews/promote?version=2", /none is allowed here$/],
    ["GET", "/models/reviews/history?limit=2", /none is allowed here$/],
    ["POST", "/queues/predict/drain?state=failed", /none is allowed here$/],
    ["POST", "/schedules/hourly/pause?until=x", /none is allowed here$/],
    ["GET", "/alerts?opened=true", /^query parameter "opened": allowed are open, acknowledged/],
    ["GET", "/metrics?name=x", /none is allowed here$/],
  ])("for a query parameter that %s %s does not have names those it has", async (method, path, message) => {
    const answer = await api.call(method, path, "admin");
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error_code: "USAGE", message: expect.stringMatching(message) },
    ]);
    expect(existsSync(join(folders.dataDir, "a.csv"))).toBe(false);
  });

  it("is not one that a probe or a client of MLflow's protocol adds a parameter to", async () => {
    expect((await api.call("GET", "/livez?t=1")).status).toBe(200);
    expect((await api.call("GET", "/version?t=1", "read")).status).toBe(200);
  });

  it.each(["/jobs/train", "/invocations"])("for its size reads the answer: %s", async (path) => {
    const { status, body } = await sendLarge(path, 10_000_000);
    expect([status, JSON.parse(body)]).toEqual([
      413,
      { error_code: "INPUT_TOO_LARGE", message: "a body may have at most 1048576 bytes" },
    ]);
  });

  it("for a missing field says so, and what was written instead", async () => {
    const answer = await api.call("POST", "/jobs/train", "submit", {
      body: JSON.stringify({ datset: { path: "a.csv" } }),
      headers: { "content-type": "application/json" },
    });
    expect(await answer.json()).toEqual({
      error_code: "JOB_INVALID",
      message: 'dataset is missing: it is an object; Unrecognized key: "datset"',
    });
  });

  it("for its content type says which are allowed", async () => {
    const headers = { "content-type": "text/plain" };
    const [jobs, scoring] = await Promise.all(
      ["/jobs/train", "/invocations"].map(async (path) =>
        (await api.call("POST", path, "submit", { body: "{}", headers })).json(),
      ),
    );
    expect(jobs).toMatchObject({ message: 'the content type is "text/plain": allowed is application/json' });
    expect(scoring).toMatchObject({
      message: 'the content type is "text/plain": allowed is application/json and text/csv',
    });
  });
});

describe("a request without a body that says it is JSON", () => {
  it("is answered like one that does not say so", async () => {
    const headers = { "content-type": "application/json" };
    const paused = await api.call("POST", "/queues/train/pause", "admin", { headers });
    const resumed = await api.call("POST", "/queues/train/resume", "admin", { headers });
    expect([paused.status, resumed.status]).toEqual([200, 200]);
  });
});

describe("the log of a job", () => {
  it("is its last lines, and says how many are before them", async () => {
    const job = await api.queues.queue("train").add("train", {}, { jobId: "nightly 2026/11/25" });
    for (const line of ["one", "two", "three"]) await job.log(line);
    const path = "/jobs/train%2Fnightly%202026%2F11%2F25/logs";
    expect(await (await api.call("GET", `${path}?limit=2`, "read")).json()).toEqual({
      id: "nightly 2026/11/25",
      queue: "train",
      lines: ["two", "three"],
      earlier: 1,
    });
    const answers = await Promise.all(
      [path, `${path}?limit=0`, "/jobs/nope/logs"].map((one) => api.call("GET", one, "read")),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404]);
  });
});

describe("what a failed job says", () => {
  it("names files as the API takes them", async () => {
    const { queues } = api;
    await queues.queue("monitor").add("monitor", {}, { jobId: "monitor-failed" });
    await queues.redis.lrem(queues.queue("monitor").toKey("wait"), 0, "monitor-failed");
    await queues.redis.zadd(queues.queue("monitor").toKey("failed"), Date.now(), "monitor-failed");
    await queues.redis.hset(queues.queue("monitor").toKey("monitor-failed"), {
      failedReason: `COLUMN_NOT_FOUND: ${folders.dataDir}/in/new file.csv has no column "stars", nor /elsewhere/a.csv`,
      finishedOn: Date.now(),
    });
    const message = 'in/new file.csv has no column "stars", nor /elsewhere/a.csv';
    const view = await (await api.call("GET", "/jobs/monitor-failed", "read")).json();
    expect(view).toMatchObject({ error: { error_code: "COLUMN_NOT_FOUND", message } });
    const refusal = await (await api.call("GET", "/jobs/monitor-failed/result", "read")).text();
    expect(refusal).toContain("NO_RESULT");
    expect(refusal).toContain("in/new file.csv has no column");
    expect(refusal).not.toContain(folders.dataDir);
  });
});
