import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { exampleAlert } from "../../../shared/test/alerts/example-alert";
import { watchAnswers } from "./documented-answers";

const folder = mkdtempSync(join(tmpdir(), "api-schedules-"));
const dataDir = join(folder, "data");
const stateDir = join(folder, "state");
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const tokens = { read: "token-read", submit: "token-submit", admin: "token-admin" };
let server: Awaited<ReturnType<typeof createServer>>;
let queues: Awaited<ReturnType<typeof openJobQueues>>;
let checkAnswers: () => Promise<void>;

beforeAll(async () => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "rows.csv"), "tweet_id,inbound,text\n1,True,hello\n");
  writeFileSync(join(folder, "secret.csv"), "secret");
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{api-schedules-${process.pid}}`,
      COLAML_STATE_DIR: stateDir,
      COLAML_API_READ_TOKEN: tokens.read,
      COLAML_API_SUBMIT_TOKEN: tokens.submit,
      COLAML_API_TOKEN: tokens.admin,
    },
  });
  queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  server = await createServer({ config, queues, health, dataDir, log: quiet });
  checkAnswers = watchAnswers(server, tokens.admin);
});
// A hook of its own: the next one closes the server also if this one fails.
afterAll(() => checkAnswers());
afterAll(async () => {
  await server.close();
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
  rmSync(folder, { recursive: true });
});

async function call(
  method: "GET" | "POST" | "DELETE",
  url: string,
  role?: keyof typeof tokens,
  payload?: object,
) {
  const answer = await server.inject({
    method,
    url,
    ...(payload ? { payload } : {}),
    headers: { host: "127.0.0.1", ...(role ? { authorization: `Bearer ${tokens[role]}` } : {}) },
  });
  return { status: answer.statusCode, json: answer.json<Record<string, unknown>>(), headers: answer.headers };
}

const hourly = { queue: "monitor", id: "hourly", every: "1h", payload: { input: { path: "rows.csv" } } };
const alert = exampleAlert("quality-m-monitor-1");

describe("who may", () => {
  it.each([
    ["GET", "/schedules", "read"],
    ["POST", "/schedules", "admin"],
    ["DELETE", "/schedules/x", "admin"],
    ["POST", "/schedules/x/pause", "admin"],
    ["POST", "/schedules/x/resume", "admin"],
    ["GET", "/alerts", "read"],
    ["GET", "/alerts/x", "read"],
    ["POST", "/alerts/x/acknowledge", "submit"],
  ] as const)("%s %s: the role %s and those above", async (method, url, needed) => {
    expect((await call(method, url)).status).toBe(401);
    const roles = ["read", "submit", "admin"] as const;
    const statuses = await Promise.all(roles.map(async (role) => (await call(method, url, role)).status));
    const allowed = statuses.map((status) => status !== 401 && status !== 403);
    expect(allowed).toEqual(roles.map((_, i) => i >= roles.indexOf(needed)));
  });
});

describe("schedules", () => {
  it("are added, listed, paused, resumed and removed, with the payload's defaults filled in and its path confined", async () => {
    const added = await call("POST", "/schedules", "admin", hourly);
    expect(added).toMatchObject({
      status: 201,
      json: {
        id: "hourly",
        queue: "monitor",
        everyMs: 3_600_000,
        paused: false,
        payload: { input: { path: "rows.csv" }, model: "models:/modelo_nuevo@champion" },
      },
      headers: { location: "/schedules/hourly" },
    });
    const stored = (await queues.queue("monitor").getJobSchedulers())[0]!;
    expect(stored.template?.data).toMatchObject({ input: { path: join(dataDir, "rows.csv") } });
    const nightly = { queue: "tune", id: "nightly", cron: "0 3 * * *", timezone: "Europe/Madrid" };
    const payload = { dataset: { path: "rows.csv" } };
    expect((await call("POST", "/schedules", "admin", { ...nightly, payload })).status).toBe(201);
    const ids = async () =>
      ((await call("GET", "/schedules", "read")).json["schedules"] as { id: string }[]).map(({ id }) => id);
    expect((await ids()).sort()).toEqual(["hourly", "nightly"]);
    expect((await call("GET", "/schedules?queue=tune", "read")).json).toMatchObject({
      schedules: [{ id: "nightly", payload }],
    });
    expect((await call("GET", "/schedules?queue=publish", "read")).status).toBe(400);
    expect((await call("GET", "/schedules/nightly", "read")).json).toMatchObject({ id: "nightly", payload });
    expect(await call("POST", "/schedules/nightly/pause", "admin")).toMatchObject({
      status: 200,
      json: { paused: true, cron: "0 3 * * *" },
    });
    expect(await call("POST", "/schedules/nightly/resume", "admin")).toMatchObject({
      json: { paused: false, timezone: "Europe/Madrid" },
    });
    expect((await call("DELETE", "/schedules/hourly", "admin")).json).toEqual({
      id: "hourly",
      removed: true,
    });
    expect(await ids()).toEqual(["nightly"]);
    expect(await call("POST", "/schedules", "admin", { ...hourly, id: "nightly" })).toMatchObject({
      status: 400,
      json: { error_code: "USAGE", message: expect.stringMatching(/queue tune/) },
    });
  });

  it.each([
    ["a queue that is none", { queue: "publish" }, "JOB_INVALID", /queue/],
    ["predictions of texts", { queue: "predict", payload: { texts: ["x"] } }, "USAGE", /needs a file/],
    [
      "predictions that could be made only once",
      { queue: "predict", payload: { input: { path: "rows.csv" }, output: "scored.csv" } },
      "USAGE",
      /needs force \(true\)/,
    ],
    ["every and cron at once", { cron: "0 3 * * *" }, "USAGE", /either every or cron/],
    ["no time at all", { every: undefined }, "USAGE", /either every or cron/],
    ["a unit that is none", { every: "1y" }, "USAGE", /such as 1h/],
    ["a cron pattern that is none", { every: undefined, cron: "99 99 * * *" }, "USAGE", /not a cron pattern/],
    [
      "a time zone that is none",
      { every: undefined, cron: "0 3 * * *", timezone: "Mars/Base" },
      "USAGE",
      /Mars\/Base/,
    ],
    ["an id that is a path", { id: "../x" }, "JOB_INVALID", /id: allowed/],
    ["an unknown key", { often: true }, "JOB_INVALID", /often/],
    ["a payload that the queue refuses", { payload: { inputs: {} } }, "JOB_INVALID", /inputs|input/],
    ["no payload", { payload: undefined }, "JOB_INVALID", /payload/],
    ["a path outside", { payload: { input: { path: "../secret.csv" } } }, "PATH_NOT_ALLOWED", /./],
    ["a file that is missing", { payload: { input: { path: "no.csv" } } }, "INPUT_NOT_FOUND", /no\.csv/],
  ])("refuse %s, and keep nothing", async (_what, change, code, message) => {
    const answer = await call("POST", "/schedules", "admin", { ...hourly, id: "refused", ...change });
    expect(answer).toMatchObject({ status: 400, json: { error_code: code } });
    expect(answer.json["message"]).toMatch(message);
    const { schedules } = (await call("GET", "/schedules", "read")).json as { schedules: { id: string }[] };
    expect(schedules.map(({ id }) => id)).not.toContain("refused");
  });

  it("may be of predictions that replace their output", async () => {
    const payload = { input: { path: "rows.csv" }, output: "scored.csv", force: true };
    const daily = { queue: "predict", id: "daily", every: "1d", payload };
    expect(await call("POST", "/schedules", "admin", daily)).toMatchObject({
      status: 201,
      json: { queue: "predict", payload },
    });
    const [tick] = await queues.queue("predict").getJobs();
    expect(tick!.data).toMatchObject({ output: join(dataDir, "scored.csv") });
    expect((await call("DELETE", "/schedules/daily", "admin")).status).toBe(200);
  });

  it.each([
    ["GET", "/schedules/none"],
    ["DELETE", "/schedules/none"],
    ["POST", "/schedules/none/pause"],
    ["POST", "/schedules/..%2Fx/resume"],
  ] as const)("answer %s %s with 404", async (method, url) => {
    expect(await call(method, url, "admin")).toMatchObject({
      status: 404,
      json: { error_code: "JOB_NOT_FOUND" },
    });
  });
});

describe("alerts", () => {
  it("are listed and acknowledged, by the first who does", async () => {
    const store = new IncidentStore(stateDir, () => {});
    await store.record(alert);
    await store.record({ ...alert, id: "ended" });
    await store.record({ ...alert, id: "ended", status: "recovered" });
    const list = async (query: string) =>
      ((await call("GET", `/alerts${query}`, "read")).json["incidents"] as { alert: Alert }[]).map(
        (incident) => incident.alert.id,
      );
    expect((await list("")).sort()).toEqual(["ended", alert.id].sort());
    expect(await list("?open=true")).toEqual([alert.id]);
    expect(await list("?open=false")).toEqual(["ended"]);
    const seen = await call("POST", `/alerts/${alert.id}/acknowledge`, "submit", { by: "ana" });
    expect(seen).toMatchObject({ status: 200, json: { alert, acknowledged: { by: "ana" } } });
    await call("POST", `/alerts/${alert.id}/acknowledge`, "submit", { by: "ben" });
    expect((await call("GET", `/alerts/${alert.id}`, "read")).json["acknowledged"]).toMatchObject({
      by: "ana",
    });
  });

  it("are filtered, and come in pages, each once although one is acknowledged meanwhile", async () => {
    const store = new IncidentStore(stateDir, () => {});
    const days = ["01", "02", "03", "04", "05"];
    for (const day of days)
      await store.record({
        ...alert,
        id: `other-${day}`,
        model: "other",
        rule: day < "03" ? "drift" : "quality",
        severity: day === "05" ? "info" : "warning",
        at: `2026-02-${day}T00:00:00.000Z`,
      });
    const list = async (query: string) =>
      (await call("GET", `/alerts?model=other${query}`, "read")).json as {
        incidents: { alert: Alert }[];
        next?: string;
      };
    const ids = async (query: string) => (await list(query)).incidents.map(({ alert: { id } }) => id);
    expect(await ids("&rule=drift")).toEqual(["other-02", "other-01"]);
    expect(await ids("&severity=info")).toEqual(["other-05"]);
    expect(await ids("&since=2026-02-04T00:00:00Z")).toEqual(["other-05", "other-04"]);
    const seen: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await list(`&acknowledged=false&limit=2${cursor}`);
      seen.push(...page.incidents.map(({ alert: { id } }) => id));
      if (page.next === undefined) break;
      cursor = `&cursor=${page.next}`;
      await call("POST", `/alerts/${page.next}/acknowledge`, "submit", { by: "ana" });
    }
    expect(seen).toEqual(["other-05", "other-04", "other-03", "other-02", "other-01"]);
    expect(await ids("&acknowledged=true")).toEqual(["other-04", "other-02"]);
  });

  it.each([
    ["GET", "/alerts?open=maybe", undefined, 400, "JOB_INVALID"],
    ["GET", "/alerts?opened=true", undefined, 400, "USAGE"],
    ["GET", "/alerts?severity=loud", undefined, 400, "JOB_INVALID"],
    ["GET", "/alerts?since=yesterday", undefined, 400, "USAGE"],
    ["GET", "/alerts?cursor=none", undefined, 400, "USAGE"],
    ["GET", "/alerts/none", undefined, 404, "JOB_NOT_FOUND"],
    ["GET", "/alerts/..%2F..%2Fup", undefined, 404, "JOB_NOT_FOUND"],
    ["POST", "/alerts/none/acknowledge", { by: "ana" }, 404, "JOB_NOT_FOUND"],
    ["POST", `/alerts/${alert.id}/acknowledge`, {}, 400, "JOB_INVALID"],
    ["POST", `/alerts/${alert.id}/acknowledge`, { by: " " }, 400, "JOB_INVALID"],
    ["POST", `/alerts/${alert.id}/acknowledge`, { by: "a\u001b[31m" }, 400, "JOB_INVALID"],
    ["POST", `/alerts/${alert.id}/acknowledge`, { by: "ana", at: "now" }, 400, "JOB_INVALID"],
  ] as const)("%s %s with %j is refused", async (method, url, body, status, code) => {
    expect(await call(method, url, "submit", body)).toMatchObject({ status, json: { error_code: code } });
  });
});

describe("labels", () => {
  it("are sent as rows or as a file, with their ids as they are written", async () => {
    const rows = await server.inject({
      method: "POST",
      url: "/labels",
      headers: {
        host: "127.0.0.1",
        authorization: `Bearer ${tokens.submit}`,
        "content-type": "application/json",
      },
      payload: '{"model": "m", "labels": [{"id": 123456789012345678, "label": "True"}]}',
    });
    expect(rows.statusCode).toBe(202);
    const { job } = await queues.get(rows.json<{ id: string }>().id);
    expect(job.data).toMatchObject({ model: "m", labels: [{ id: "123456789012345678", label: "True" }] });
    const file = await call("POST", "/labels", "submit", { input: { path: "rows.csv" } });
    expect(file).toMatchObject({ status: 202, json: { queue: "labels" } });
    expect((await call("POST", "/labels", "submit", { input: { path: "../secret.csv" } })).status).toBe(400);
    expect((await call("POST", "/labels", "read", {})).status).toBe(403);
  });
});

describe("the OpenAPI document", () => {
  it("has every route of schedules and alerts, with what they take", async () => {
    const { paths } = (await call("GET", "/docs/openapi.json", "read")).json as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes).toEqual(
      expect.arrayContaining([
        "get /schedules",
        "post /schedules",
        "delete /schedules/{id}",
        "post /schedules/{id}/pause",
        "post /schedules/{id}/resume",
        "get /alerts",
        "get /alerts/{id}",
        "post /alerts/{id}/acknowledge",
      ]),
    );
    expect(JSON.stringify(paths["/schedules"]!["post"])).toMatch(
      /"enum":\["train","tune","predict","monitor"\].*"every"/,
    );
  });
});
