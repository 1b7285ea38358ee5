import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { SUBMITTABLE_QUEUES } from "@colaml/shared/contracts/catalogue";
import type { ColaError } from "@colaml/shared/errors/cola-error";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { watchAnswers } from "./documented-answers";

type Server = Awaited<ReturnType<typeof createServer>>;

const folder = mkdtempSync(join(tmpdir(), "api-"));
const dataDir = join(folder, "data");
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const opened: { server: Server; queues: JobQueues; checkAnswers: () => Promise<void> }[] = [];

beforeAll(() => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "tweets.csv"), "tweet_id,inbound,text\n1,True,hello\n");
  writeFileSync(join(folder, "secret.csv"), "secret");
  for (const name of ["taken.csv", "taken.html", "free.csv.rejected.csv"])
    writeFileSync(join(dataDir, name), "mine");
  linkSync(join(dataDir, "tweets.csv"), join(dataDir, "same.csv"));
  symlinkSync(join(dataDir, "loop"), join(dataDir, "loop"));
  symlinkSync(join(folder, "secret.csv"), join(dataDir, "link.csv"));
});
// A hook of its own: the next one closes the servers also if this one fails.
afterAll(async () => {
  for (const { checkAnswers } of opened) await checkAnswers();
});
afterAll(async () => {
  for (const { server, queues } of opened) {
    await server.close();
    await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
    await queues.close();
  }
  rmSync(folder, { recursive: true });
});

async function start(env: Record<string, string> = {}): Promise<Server> {
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{api-${process.pid}-${opened.length}}`,
      ...env,
    },
  });
  const queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  const server = await createServer({ config, queues, health, dataDir, log: quiet }).catch(async (error) => {
    await queues.close();
    throw error;
  });
  opened.push({ server, queues, checkAnswers: watchAnswers(server) });
  return server;
}

const post = (server: Server, url: string, payload: unknown, headers: Record<string, string> = {}) =>
  server.inject({
    method: "POST",
    url,
    payload: payload as object,
    headers: { host: "127.0.0.1", ...headers },
  });
const get = (server: Server, url: string, headers: Record<string, string> = {}) =>
  server.inject({ method: "GET", url, headers: { host: "127.0.0.1", ...headers } });

describe("submitting a job", () => {
  it("answers 202 with the job's id and place, and the job waits on its queue with every default filled in", async () => {
    const server = await start();
    const answer = await post(server, "/jobs/train", { dataset: { path: "tweets.csv" } });
    expect(answer.statusCode).toBe(202);
    const { id } = answer.json<{ id: string }>();
    expect(answer.headers["location"]).toBe(`/jobs/${id}`);
    const { queues } = opened.at(-1)!;
    const { job } = await queues.get(id);
    expect(job.data).toMatchObject({
      dataset: { path: join(dataDir, "tweets.csv") },
      features: { max_features: 100 },
      boosting: { iterations: 50, learning_rate: 0.05 },
    });
    const view = await get(server, `/jobs/${id}`);
    expect(view.json()).toMatchObject({ id, queue: "train", status: "waiting" });
  });

  it.each([
    ["a path outside", "/jobs/train", { dataset: { path: "../secret.csv" } }, 400, "PATH_NOT_ALLOWED"],
    ["an absolute path", "/jobs/train", { dataset: { path: "/etc/passwd" } }, 400, "PATH_NOT_ALLOWED"],
    ["a link that leads out", "/jobs/monitor", { input: { path: "link.csv" } }, 400, "PATH_NOT_ALLOWED"],
    [
      "an output outside",
      "/jobs/predict",
      { input: { path: "tweets.csv" }, output: "/tmp/x" },
      400,
      "PATH_NOT_ALLOWED",
    ],
    [
      "a report outside",
      "/jobs/monitor",
      { input: { path: "tweets.csv" }, report: "../r.html" },
      400,
      "PATH_NOT_ALLOWED",
    ],
    [
      "a comparison outside",
      "/jobs/compare",
      { challenger: "models:/m/2", input: { path: "../secret.csv" } },
      400,
      "PATH_NOT_ALLOWED",
    ],
    ["a comparison with nothing", "/jobs/compare", { input: { path: "tweets.csv" } }, 400, "JOB_INVALID"],
    ["labels outside", "/jobs/labels", { input: { path: "../secret.csv" } }, 400, "PATH_NOT_ALLOWED"],
    ["a missing file", "/jobs/train", { dataset: { path: "no.csv" } }, 400, "INPUT_NOT_FOUND"],
    ["an unknown key", "/jobs/train", { dataset: { path: "tweets.csv" }, depth: 6 }, 400, "JOB_INVALID"],
    [
      "a wrong type",
      "/jobs/train",
      { dataset: { path: "tweets.csv" }, boosting: { depth: "6" } },
      400,
      "JOB_INVALID",
    ],
    [
      "a parameter out of range",
      "/jobs/train",
      { dataset: { path: "tweets.csv" }, boosting: { depth: 99 } },
      400,
      "JOB_INVALID",
    ],
    [
      "a token pattern that no trainer takes",
      "/jobs/train",
      { dataset: { path: "tweets.csv" }, features: { token_pattern: "(?=x)\\w+" } },
      400,
      "PARAMETER_INVALID",
    ],
    ["a model that is not a URI", "/jobs/predict", { texts: ["x"], model: "../m" }, 400, "JOB_INVALID"],
    ["no body", "/jobs/train", {}, 400, "JOB_INVALID"],
    ["an unknown queue", "/jobs/alerts", {}, 404, "USAGE"],
  ])("refuses %s", async (_what, url, body, status, code) => {
    const server = opened[0]?.server ?? (await start());
    const answer = await post(server, url, body);
    expect(answer.statusCode).toBe(status);
    const json = answer.json<{ error_code: string; message: string }>();
    expect(json.error_code).toBe(code);
    expect(Object.keys(json)).toEqual(["error_code", "message"]);
    expect(json.message).not.toMatch(/\n| at .*:\d+:\d+/);
  });

  it.each<[string, string, object, number, RegExp]>([
    ["a kind that is not written", "/jobs/predict", { output: "s.parquet" }, 400, /ends with \.parquet/],
    ["the input", "/jobs/predict", { output: "tweets.csv", force: true }, 400, /is the input/],
    ["a hard link of the input", "/jobs/predict", { output: "same.csv", force: true }, 400, /is the input/],
    ["a file that is there", "/jobs/predict", { output: "taken.csv" }, 409, /taken\.csv exists: use --force/],
    [
      "rejected rows that are somebody's",
      "/jobs/predict",
      { output: "free.csv" },
      409,
      /rejected\.csv exists/,
    ],
    [
      "a name of 300 bytes",
      "/jobs/predict",
      { output: `${"n".repeat(296)}.csv` },
      400,
      /longer than 255 bytes/,
    ],
    ["a name that leaves no room", "/jobs/predict", { output: `${"n".repeat(240)}.csv` }, 400, /at most 234/],
    [
      "a report over a data set",
      "/jobs/monitor",
      { report: "tweets.csv", force: true },
      400,
      /use \.html or/,
    ],
    ["a report that is there", "/jobs/monitor", { report: "taken.html" }, 409, /taken\.html exists/],
    ["a report in a loop of links", "/jobs/monitor", { report: "loop/r.html" }, 400, /lead in a circle/],
  ])("refuses to write %s", async (_what, url, body, status, message) => {
    const server = opened[0]?.server ?? (await start());
    const answer = await post(server, url, { input: { path: "tweets.csv" }, ...body });
    expect(answer.json()).toMatchObject({
      error_code: status === 409 ? "OUTPUT_EXISTS" : "OUTPUT_UNWRITABLE",
      message: expect.stringMatching(message),
    });
    expect(answer.statusCode).toBe(status);
  });

  it("takes an output that is there with force, and at once after it was refused without", async () => {
    const server = opened[0]?.server ?? (await start());
    const body = { input: { path: "tweets.csv" }, output: "taken.csv" };
    const key = { "idempotency-key": "taken" };
    expect((await post(server, "/jobs/predict", body, key)).statusCode).toBe(409);
    expect((await post(server, "/jobs/predict", body, key)).statusCode).toBe(409);
    expect((await post(server, "/jobs/predict", { ...body, force: true })).statusCode).toBe(202);
  });

  it("gives the job that an Idempotency-Key stands for also when its report is there by now", async () => {
    const server = opened[0]?.server ?? (await start());
    const body = { input: { path: "tweets.csv" }, report: "late.html" };
    const key = { "idempotency-key": "late" };
    const { id } = (await post(server, "/jobs/monitor", body, key)).json<{ id: string }>();
    writeFileSync(join(dataDir, "late.html"), "the job's report");
    expect((await post(server, "/jobs/monitor", body, key)).json()).toMatchObject({ id });
    expect((await post(server, "/jobs/monitor", body)).statusCode).toBe(409);
  });

  it.each([
    ["__proto__", '{"texts": ["x"], "__proto__": {"polluted": true}}'],
    ["JSON that is none", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "1"],
  ])("refuses %s as the caller's fault", async (_what, payload) => {
    const server = opened[0]?.server ?? (await start());
    const answer = await server.inject({
      method: "POST",
      url: "/jobs/predict",
      payload,
      headers: { host: "127.0.0.1", "content-type": "application/json" },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error_code: "JOB_INVALID" });
  });

  it("refuses a body above 1 MiB and a body that is not JSON", async () => {
    const server = opened[0]?.server ?? (await start());
    const large = await post(server, "/jobs/predict", { texts: ["x".repeat(1_100_000)] });
    expect([large.statusCode, large.json<{ error_code: string }>().error_code]).toEqual([
      413,
      "INPUT_TOO_LARGE",
    ]);
    const form = await server.inject({
      method: "POST",
      url: "/jobs/predict",
      payload: "texts=x",
      headers: { host: "127.0.0.1", "content-type": "text/plain" },
    });
    expect(form.statusCode).toBe(415);
  });
});

describe("the same request twice", () => {
  it("is one job with the same key and body, also at the same moment, and 409 with another body", async () => {
    const server = await start();
    const key = { "idempotency-key": "order-66" };
    const twice = await Promise.all([
      post(server, "/jobs/predict", { texts: ["a"] }, key),
      post(server, "/jobs/predict", { texts: ["a"] }, key),
    ]);
    expect(twice.map((answer) => answer.statusCode)).toEqual([202, 202]);
    expect(twice[0].json()).toEqual(twice[1].json());
    expect(await opened.at(-1)!.queues.queue("predict-texts").getWaitingCount()).toBe(1);
    const other = await post(server, "/jobs/predict", { texts: ["b"] }, key);
    expect([other.statusCode, other.json<{ error_code: string }>().error_code]).toEqual([
      409,
      "IDEMPOTENCY_CONFLICT",
    ]);
  });

  it("is one job for one output, and another job for that output is refused by the first one's name", async () => {
    const server = await start();
    const body = { input: { path: "tweets.csv" }, output: "out.csv" };
    const answers = await Promise.all([
      post(server, "/jobs/predict", body),
      post(server, "/jobs/predict", body),
    ]);
    const ids = answers.map((answer) => answer.json<{ id: string }>().id);
    expect(ids[0]).toBe(ids[1]);
    const other = await post(server, "/jobs/predict", { ...body, explain: 3 });
    expect(other.statusCode).toBe(409);
    expect(other.json()).toMatchObject({
      error_code: "OUTPUT_BUSY",
      message: expect.stringContaining(ids[0]!),
    });
  });

  it("takes over an output that was claimed for a job which never came, though the claim is of a clock that was ahead", async () => {
    const server = await start();
    const { queues } = opened.at(-1)!;
    const body = { input: { path: "tweets.csv" }, output: "claimed.csv" };
    await post(server, "/jobs/predict", body);
    const [claim] = (
      await queues.redis.keys(`${queues.settings.prefix.replace(/[{}]/g, "\\$&")}:outputs:*`)
    ).slice(-1);
    await queues.queue("predict").obliterate({ force: true });
    const keptS = await queues.redis.ttl(claim!);
    await queues.redis.set(claim!, `predict-gone body ${Date.now() + 3_600_000}`, "EX", keptS - 10);
    const answer = await post(server, "/jobs/predict", body);
    expect(answer.statusCode).toBe(202);
    expect(await queues.redis.get(claim!)).toMatch(`${answer.json<{ id: string }>().id} `);
  });

  it("may write the output again once the first job is gone", async () => {
    const server = await start();
    const body = { input: { path: "tweets.csv" }, output: "again.csv" };
    const first = (await post(server, "/jobs/predict", body)).json<{ id: string }>().id;
    const cancelled = await server.inject({
      method: "DELETE",
      url: `/jobs/${first}`,
      headers: { host: "127.0.0.1" },
    });
    expect([cancelled.statusCode, cancelled.json()]).toEqual([
      202,
      { id: first, queue: "predict", cancelled: "removed" },
    ]);
    const second = await post(server, "/jobs/predict", { ...body, explain: 1 });
    expect(second.statusCode).toBe(202);
    expect(second.json<{ id: string }>().id).not.toBe(first);
  });
});

describe("a job's routes", () => {
  it.each(["no-such-job", "..%2f..%2fetc", "a b", "x".repeat(200)])("answer 404 to the id %s", async (id) => {
    const server = opened[0]?.server ?? (await start());
    const answer = await get(server, `/jobs/${encodeURI(id)}`);
    expect([404, 414]).toContain(answer.statusCode);
  });

  it("show why a job failed, without a stack, and put it back only when it has failed", async () => {
    const server = await start();
    const { queues } = opened.at(-1)!;
    const { id } = (await post(server, "/jobs/predict", { texts: ["a"] })).json<{ id: string }>();
    const early = await post(server, `/jobs/${id}/retry`, {});
    expect(early.json()).toMatchObject({ error_code: "USAGE" });
    const { Worker } = await import("bullmq");
    const worker = new Worker(
      "predict-texts",
      async () => {
        throw Object.assign(new Error("MODEL_NOT_FOUND: no model"), { name: "UnrecoverableError" });
      },
      { connection: { url: process.env["TEST_REDIS_URL"]! }, prefix: queues.settings.prefix },
    );
    await new Promise((resolve) => worker.once("failed", resolve));
    await worker.close();
    const failed = (await get(server, `/jobs/${id}`)).json<{ status: string; error: object }>();
    expect(failed).toMatchObject({
      status: "failed",
      error: { error_code: "MODEL_NOT_FOUND", message: "no model" },
    });
    expect(JSON.stringify(failed)).not.toMatch(/ at .*:\d+:\d+|stack/i);
    const again = await post(server, `/jobs/${id}/retry`, {});
    expect([again.statusCode, again.json<{ status: string }>().status]).toEqual([202, "waiting"]);
  });
});

describe("access", () => {
  it("is refused to a bind beyond loopback without a token, before listening", async () => {
    await expect(start({ COLAML_HOST: "0.0.0.0" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("COLAML_API_TOKEN"),
    } satisfies Partial<ColaError>);
  });

  it("without a token is only for requests to a loopback name", async () => {
    const server = opened[0]?.server ?? (await start());
    const answer = await get(server, "/jobs", { host: "attacker.example" });
    expect([answer.statusCode, answer.json<{ error_code: string }>().error_code]).toEqual([403, "FORBIDDEN"]);
    expect((await get(server, "/jobs", { host: "localhost:7077" })).statusCode).toBe(200);
  });

  const tokens = {
    COLAML_API_TOKEN: "admin-secret",
    COLAML_API_SUBMIT_TOKEN: "submit-secret",
    COLAML_API_READ_TOKEN: "read-secret",
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const basic = (token: string) => ({
    authorization: `Basic ${Buffer.from(`me:${token}`).toString("base64")}`,
  });

  it("with tokens follows the role", async () => {
    const server = await start(tokens);
    const body = { texts: ["x"] };
    const table: [Record<string, string>, number, number][] = [
      [{}, 401, 401],
      [bearer("wrong"), 401, 401],
      [{ authorization: "Bearer" }, 401, 401],
      [bearer("read-secret"), 200, 403],
      [bearer("submit-secret"), 200, 202],
      [bearer("admin-secret"), 200, 202],
      [basic("read-secret"), 200, 403],
    ];
    for (const [headers, read, submit] of table) {
      expect((await get(server, "/jobs", headers)).statusCode).toBe(read);
      expect((await post(server, "/jobs/predict", body, headers)).statusCode).toBe(submit);
    }
    const refused = await get(server, "/jobs");
    expect(refused.json()).toEqual({ error_code: "UNAUTHORIZED", message: "a valid token is needed" });
  });

  it("to the dashboard needs a token, and nobody may change anything there", async () => {
    const server = await start(tokens);
    expect((await get(server, "/admin/queues")).statusCode).toBe(401);
    expect((await get(server, "/admin/queues/api/queues")).statusCode).toBe(401);
    const page = await get(server, "/admin/queues", basic("read-secret"));
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    for (const [method, url] of [
      ["PUT", "/admin/queues/api/queues/predict/obliterate"],
      ["PUT", "/admin/queues/api/queues/predict/empty"],
      ["POST", "/admin/queues/api/queues/predict/add"],
      ["PATCH", "/admin/queues/api/queues/predict/1/update-data"],
    ] as const) {
      expect((await server.inject({ method, url, headers: { host: "x" } })).statusCode).toBe(401);
      const admin = await server.inject({ method, url, headers: { host: "x", ...bearer("admin-secret") } });
      expect([404, 405]).toContain(admin.statusCode);
    }
  });

  it("to health is open and silent; the reasons need a token", async () => {
    const server = await start(tokens);
    expect((await get(server, "/livez")).json()).toEqual({ status: "ok" });
    const { version } = require("../../../../package.json") as { version: string };
    expect((await get(server, "/release")).statusCode).toBe(401);
    const released = await get(server, "/release", bearer("read-secret"));
    expect(released.json()).toEqual({ release: version });
    let ready = await get(server, "/readyz");
    // On a busy machine MLflow may need longer for an answer than a look waits.
    while (ready.statusCode === 503) ready = await get(server, "/readyz");
    expect(ready.json()).toEqual({ status: "ok" });
    expect((await get(server, "/readyz?verbose")).statusCode).toBe(401);
    const verbose = await get(server, "/readyz?verbose", bearer("read-secret"));
    expect(verbose.json()).toMatchObject({ checks: { redis: { ok: true }, mlflow: { ok: true } } });
    expect((await get(server, "/metrics")).statusCode).toBe(401);
  });

  it("is slowed down above 100 requests a second", async () => {
    const server = await start();
    const answers = await Promise.all(Array.from({ length: 130 }, () => get(server, "/docs/openapi.json")));
    const statuses = answers.map((answer) => answer.statusCode);
    expect(statuses.slice(0, 100).every((status) => status === 200)).toBe(true);
    expect(statuses).toContain(429);
  });
});

describe("health and metrics", () => {
  it("say ok also if the address of MLflow holds a password", async () => {
    const uri = new URL(process.env["TEST_MLFLOW_URI"]!);
    const server = await start({ MLFLOW_TRACKING_URI: `http://me:secret@${uri.host}` });
    expect((await get(server, "/readyz")).statusCode).toBe(200);
  });

  it("say unavailable if MLflow refuses the user, with the reason and without the password", async () => {
    const refusing = createHttpServer((_request, response) => response.writeHead(403).end("{}"));
    await new Promise<void>((listening) => refusing.listen(0, "127.0.0.1", listening));
    const { port } = refusing.address() as AddressInfo;
    const server = await start({
      MLFLOW_TRACKING_URI: `http://me:ss%2Fword@127.0.0.1:${port}`,
      COLAML_API_TOKEN: "admin-secret",
    });
    const answer = await get(server, "/readyz?verbose", { authorization: "Bearer admin-secret" });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ checks: { redis: { ok: true }, mlflow: { ok: false } } });
    expect(answer.body).toMatch(/answered 403.*--allowed-hosts/);
    expect(answer.body).not.toMatch(/ss%2Fword|ss\/word/);
    await new Promise((closed) => refusing.close(closed));
  });

  it("say unavailable within a second when MLflow is down, and live all the same", async () => {
    const server = await start({ MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
    const answer = await get(server, "/readyz");
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: "unavailable" }]);
    expect((await get(server, "/livez")).statusCode).toBe(200);
  });

  it("count jobs by queue and state, with no id as a label", async () => {
    const server = await start();
    const { id } = (await post(server, "/jobs/predict", { texts: ["x"] })).json<{ id: string }>();
    await get(server, `/jobs/${id}`);
    const text = (await get(server, "/metrics")).body;
    expect(text).toContain('bullmq_job_count{queue="predict-texts", state="waiting"} 1');
    expect(text).toContain('colaml_http_requests_total{route="/jobs/:id",method="GET",status="2xx"} 1');
    expect(text).not.toContain(id);
    expect(text.match(/^# TYPE bullmq_job_count /gm)).toHaveLength(1);
  });
});

describe("the OpenAPI document", () => {
  it("names every route that takes work, with the schema the route checks by", async () => {
    const server = opened[0]?.server ?? (await start());
    const document = (await get(server, "/docs/openapi.json")).json<{
      openapi: string;
      paths: Record<string, unknown>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    for (const queue of SUBMITTABLE_QUEUES) {
      expect(document.paths).toHaveProperty([`/jobs/${queue}`, "post", "requestBody"]);
    }
    expect(JSON.stringify(document)).toContain("max_features");
    expect((await get(server, "/docs")).body).toContain("/jobs/predict");
  });
});
