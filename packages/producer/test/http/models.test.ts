import { promote } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { VERDICT_TAGS } from "@colaml/shared/mlflow/verdict-tags";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import {
  clientFor,
  publishVersions,
  testServer,
  uniqueName,
} from "../../../shared/test/mlflow/example-publication";
import { type ApiUnderTest, apiFolders, openApi, type Role } from "./api-under-test";

const folders = apiFolders("models");
let api: ApiUnderTest;
let client: MlflowClient;
let name: string;

beforeAll(async () => {
  api = await openApi(folders);
  client = clientFor(testServer());
});
afterAll(() => api.close());
beforeEach(async () => {
  name = uniqueName("served");
  await publishVersions(client, name, 3);
});

async function call(method: string, path: string, body?: object, role: Role = "admin") {
  const answer = await api.call(method, path, role, body ? { body: JSON.stringify(body) } : {});
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}
const tag = (version: string, tags: Record<string, string>) =>
  Promise.all(
    Object.entries(tags).map(([key, value]) => client.registry.setVersionTag(name, version, { key, value })),
  );

describe("the models", () => {
  it("are listed with their champions, and each shows champion, previous and newest version", async () => {
    await promote(client, name, "1", "the first");
    await promote(client, name, "2", "better");
    const { json } = await call("GET", "/models?limit=200", undefined, "read");
    expect(json["models"]).toContainEqual({ name, champion: "2" });
    const { json: one } = await call("GET", `/models/${name}`, undefined, "read");
    expect(one).toMatchObject({
      name,
      previous: "1",
      newest: "3",
      champion: { version: "2", aliases: ["champion"] },
    });
  });

  it("list their versions page by page, each with the metrics of its run", async () => {
    const first = await call("GET", `/models/${name}/versions?limit=2`, undefined, "read");
    expect(first.json).toMatchObject({
      model: name,
      next: 2,
      versions: [{ version: "3" }, { version: "2" }],
    });
    const last = await call("GET", `/models/${name}/versions?limit=2&before=2`, undefined, "read");
    expect((last.json["versions"] as object[]).length).toBe(1);
    expect(last.json).not.toHaveProperty("next");
    const { json } = await call("GET", `/models/${name}/versions/1`, undefined, "read");
    expect(json).toMatchObject({ version: "1", tags: { version: "1.0.1" }, metrics: {} });
    expect((await call("GET", `/models/${name}/versions/latest`)).json).toMatchObject({ version: "3" });
  });

  it.each([
    ["/models/never-trained", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/champion", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/versions/1", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/versions", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/versions?before=1", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/history", 404, "MODEL_NOT_FOUND"],
    ["/models/never-trained/checks", 404, "MODEL_NOT_FOUND"],
    ["/models/..%2f..%2fetc", 404, "MODEL_NOT_FOUND"],
    ["/models/a'b", 404, "MODEL_NOT_FOUND"],
    ["/models?limit=0", 400, "JOB_INVALID"],
    ["/models?page=2", 400, "USAGE"],
  ])("answer %s with %i", async (path, status, code) => {
    expect(await call("GET", path)).toMatchObject({ status, json: { error_code: code } });
  });

  it.each(["history", "checks"])("list nothing for one that has no %s yet", async (list) => {
    const { status, json } = await call("GET", `/models/${name}/${list}`, undefined, "read");
    expect([status, json]).toEqual([200, { model: name, [list === "history" ? "decisions" : "checks"]: [] }]);
  });

  it("list no versions below the first", async () => {
    const { status, json } = await call("GET", `/models/${name}/versions?before=1`, undefined, "read");
    expect([status, json]).toEqual([200, { model: name, versions: [] }]);
  });

  it("say of one without champion which version can be used", async () => {
    const { status, json } = await call("GET", `/models/${name}/champion`);
    expect([status, json["error_code"]]).toEqual([404, "MODEL_NOT_FOUND"]);
    expect(json["message"]).toContain("3");
  });
});

describe("promoting and rolling back", () => {
  it("moves the champion, is noted with reason and person, and again changes nothing", async () => {
    const wish = { version: 2, reason: "ticket 812", by: "ana" };
    expect(await call("POST", `/models/${name}/promote`, wish)).toEqual({
      status: 200,
      json: { model: name, version: "2", changed: true },
    });
    expect(await call("POST", `/models/${name}/promote`, wish)).toEqual({
      status: 200,
      json: { model: name, version: "2", changed: false },
    });
    await call("POST", `/models/${name}/promote`, { version: "3", reason: "newer" });
    expect((await call("GET", `/models/${name}/champion`)).json).toMatchObject({ version: "3" });
    const back = { to: "2", reason: "complaints", by: "ana" };
    expect((await call("POST", `/models/${name}/rollback`, back)).json).toEqual({
      model: name,
      version: "2",
      replaced: "3",
      changed: true,
    });
    expect((await call("POST", `/models/${name}/rollback`, back)).json["changed"]).toBe(false);
    const { json } = await call("GET", `/models/${name}/history`, undefined, "read");
    expect(json["decisions"]).toEqual([
      {
        at: expect.any(String),
        version: "2",
        decision: "rolled back",
        reason: "rollback: complaints",
        replaced: "3",
        by: "ana",
      },
      { at: expect.any(String), version: "3", decision: "promoted", reason: "by hand: newer", replaced: "2" },
      {
        at: expect.any(String),
        version: "2",
        decision: "promoted",
        reason: "by hand: ticket 812",
        by: "ana",
      },
    ]);
    expect(api.logged).toContainEqual(
      expect.objectContaining({
        message: "champion changed",
        fields: expect.objectContaining({ by: "ana" }),
      }),
    );
  });

  it("goes back once only if the champion is named that it starts from", async () => {
    for (const version of ["1", "2", "3"])
      await call("POST", `/models/${name}/promote`, { version, reason: "next" });
    const wish = { reason: "complaints", from: 3 };
    expect((await call("POST", `/models/${name}/rollback`, wish)).json).toMatchObject({ version: "2" });
    expect(await call("POST", `/models/${name}/rollback`, wish)).toMatchObject({
      status: 412,
      json: {
        error_code: "PRECONDITION_FAILED",
        message: `the champion of ${name} is not version 3: it is version 2 now`,
      },
    });
  });

  it("at the same moment is done one after another", async () => {
    const wish = (version: string) =>
      call("POST", `/models/${name}/promote`, { version, reason: "race", from: undefined });
    await call("POST", `/models/${name}/promote`, { version: "1", reason: "first" });
    const answers = await Promise.all([wish("2"), wish("3")]);
    expect(answers.map(({ json }) => json["changed"])).toEqual([true, true]);
    const { json } = await call("GET", `/models/${name}/history`);
    expect((json["decisions"] as { replaced?: string }[]).map(({ replaced }) => replaced)).toEqual([
      "2",
      "1",
      undefined,
    ]);
  });

  it.each([
    ["promote", {}, 400, "JOB_INVALID"],
    ["promote", { version: "2" }, 400, "JOB_INVALID"],
    ["promote", { version: "latest", reason: "x" }, 400, "JOB_INVALID"],
    ["promote", { version: "2", reason: "a\u0000b" }, 400, "JOB_INVALID"],
    ["promote", { version: "99", reason: "x" }, 404, "MODEL_NOT_FOUND"],
    ["rollback", { reason: "x" }, 404, "MODEL_NOT_FOUND"],
    ["rollback", { to: "1", reason: "x", force: true }, 400, "JOB_INVALID"],
  ])("refuses %s with %j", async (action, body, status, code) => {
    expect(await call("POST", `/models/${name}/${action}`, body)).toMatchObject({
      status,
      json: { error_code: code },
    });
  });

  it("is for admins", async () => {
    const body = { version: "1", reason: "x" };
    for (const role of ["read", "submit"] as const)
      expect((await call("POST", `/models/${name}/promote`, body, role)).status).toBe(403);
  });
});

it("the history has what the champion check held or rejected, too", async () => {
  await promote(client, name, "1", "the first", { at: new Date("2026-01-01T00:00:00Z") });
  await tag("1", { [VERDICT_TAGS.verdict]: "PROMOTE", [VERDICT_TAGS.at]: "2026-01-01T00:00:00.000Z" });
  await tag("2", {
    [VERDICT_TAGS.verdict]: "HOLD",
    [VERDICT_TAGS.reason]: "HOLD: not sure",
    [VERDICT_TAGS.at]: "2026-01-02T00:00:00.000Z",
  });
  await tag("3", { [VERDICT_TAGS.verdict]: "REJECT", [VERDICT_TAGS.reason]: "REJECT: worse" });
  const { json } = await call("GET", `/models/${name}/history`, undefined, "read");
  expect(json["decisions"]).toEqual([
    { at: "2026-01-02T00:00:00.000Z", version: "2", decision: "held", reason: "HOLD: not sure" },
    { at: "2026-01-01T00:00:00.000Z", version: "1", decision: "promoted", reason: "the first" },
    { version: "3", decision: "rejected", reason: "REJECT: worse" },
  ]);
});

it("the checks of a model are its quality, estimate and drift over time", async () => {
  const history = new CheckHistory(folders.stateDir, () => {});
  const check = { at: "2026-01-01T00:00:00.000Z", modelVersion: "1", rows: 100, n: 90, verdict: "ok" };
  await history.append(name, { id: "monitor-1", ...check, accuracy: 0.8, driftLevel: "none" });
  await history.append(name, { id: "monitor-2", ...check, estimated: 0.79 });
  const { json } = await call("GET", `/models/${name}/checks`, undefined, "read");
  expect(json).toEqual({
    model: name,
    checks: [
      { id: "monitor-1", number: 1, ...check, accuracy: 0.8, driftLevel: "none" },
      { id: "monitor-2", number: 2, ...check, estimated: 0.79 },
    ],
  });
  expect((await call("GET", `/models/${name}/checks?limit=1`)).json["checks"]).toHaveLength(1);
});

it("while MLflow is away, answers so at once, and shows the checks all the same", async () => {
  const itsFolders = apiFolders("models-away");
  const away = await openApi(itsFolders, { MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
  const check = { at: "2026-01-01T00:00:00.000Z", modelVersion: "1", rows: 100, n: 90, verdict: "ok" };
  await new CheckHistory(itsFolders.stateDir, () => {}).append("m", { id: "monitor-1", ...check });
  const answer = await away.call("GET", "/models", "read");
  expect([answer.status, await answer.json()]).toMatchObject([503, { error_code: "MLFLOW_UNREACHABLE" }]);
  const checks = await away.call("GET", "/models/m/checks", "read");
  expect([checks.status, await checks.json()]).toMatchObject([200, { checks: [{ id: "monitor-1" }] }]);
  expect((await away.call("GET", "/models/misspelt/checks", "read")).status).toBe(503);
  await away.close();
});
