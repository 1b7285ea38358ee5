import { ColaError } from "@colaml/shared/errors/cola-error";
import { isMendable } from "@colaml/shared/mlflow/api-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { clientFor, testServer, uniqueName } from "./example-publication";
import { type FaultServer, faultServer } from "./fault-server";

const API = "/api/2.0/mlflow/";
const tags = [{ key: "k", value: "v" }];
const run = {
  info: {
    run_id: "r",
    experiment_id: "1",
    artifact_uri: "mlflow-artifacts:/1",
    status: "RUNNING",
    start_time: 5,
  },
  data: { metrics: [{ key: "m", value: 0.5 }], params: tags, tags },
  outputs: { model_outputs: [{ model_id: "m-1" }] },
};
const version = {
  name: "n",
  version: "3",
  run_id: "r",
  source: "models:/m-1",
  creation_timestamp: 5,
  status: "READY",
  tags,
  aliases: ["champion"],
};
const model = { info: { model_id: "m-1", artifact_uri: "mlflow-artifacts:/1" } };
const dataset = {
  context: "test",
  name: "d",
  digest: "1",
  sourceType: "",
  source: "",
  schema: "",
  profile: "",
} as const;

interface Answered {
  call: (client: MlflowClient) => Promise<unknown>;
  /** What MLflow answers, with all that is read of it. */
  answer: Record<string, unknown>;
  /** Answers of calls before it. */
  before?: Record<string, { status: number; body: unknown }>;
}

/** Every call that reads JSON, by method and path. */
const CALLS: Record<string, Answered> = {
  "GET experiments/search": { call: (c) => c.checkAccess(), answer: { experiments: [{}] } },
  "GET experiments/get-by-name": {
    call: (c) => c.experiments.find("e"),
    answer: { experiment: { experiment_id: "1" } },
  },
  "POST experiments/create": {
    call: (c) => c.experiments.ensure("e"),
    answer: { experiment_id: "1" },
    before: {
      "GET experiments/get-by-name": { status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } },
    },
  },
  "POST logged-models": {
    call: (c) => c.models.create({ experimentId: "1", name: "n", runId: "r", params: [], tags }),
    answer: { model },
  },
  "GET logged-models/m-1": { call: (c) => c.models.get("m-1"), answer: { model } },
  "POST logged-models/search": { call: (c) => c.models.ofRun("1", "r"), answer: { models: [model] } },
  "PATCH logged-models/m-1": {
    call: (c) => c.models.finish("m-1", "LOGGED_MODEL_READY"),
    answer: { model },
  },
  "POST registered-models/create": {
    call: (c) => c.registry.ensureModel("n"),
    answer: { registered_model: { name: "n" } },
  },
  "POST model-versions/create": {
    call: (c) => c.registry.createVersion({ name: "n", modelId: "m-1", runId: "r", tags }),
    answer: { model_version: version },
  },
  "GET registered-models/search": {
    call: (c) => c.registry.names(10),
    answer: { registered_models: [{ name: "n" }] },
  },
  "GET model-versions/get": { call: (c) => c.registry.version("n", "3"), answer: { model_version: version } },
  "GET registered-models/alias": {
    call: (c) => c.registry.versionOfAlias("n", "champion"),
    answer: { model_version: version },
  },
  "GET model-versions/search": {
    call: (c) => c.registry.versions("n"),
    answer: { model_versions: [version], next_page_token: "" },
  },
  "GET registered-models/get": {
    call: (c) => c.registry.aliases("n"),
    answer: { registered_model: { aliases: [{ alias: "champion", version: "3" }] } },
  },
  "POST registered-models/alias": { call: (c) => c.registry.setAlias("n", "champion", "3"), answer: {} },
  "DELETE registered-models/alias": { call: (c) => c.registry.removeAlias("n", "champion"), answer: {} },
  "POST model-versions/set-tag": {
    call: (c) => c.registry.setVersionTag("n", "3", { key: "k", value: "v" }),
    answer: {},
  },
  "POST runs/create": {
    call: (c) => c.runs.create({ experimentId: "1", name: "n", startTime: 5, tags }),
    answer: { run },
  },
  "GET runs/get": { call: (c) => c.runs.get("r"), answer: { run } },
  "POST runs/search": {
    call: (c) => c.runs.search(["1"], ""),
    answer: { runs: [run, run], next_page_token: "" },
  },
  "POST runs/log-batch": { call: (c) => c.runs.log("r", { tags }), answer: {} },
  "POST runs/log-inputs": { call: (c) => c.runs.logInputs("r", [dataset]), answer: {} },
  "POST runs/outputs": {
    call: (c) => c.runs.logOutput("r", "m-2"),
    answer: {},
    before: { "GET runs/get": { status: 200, body: { run } } },
  },
  "POST runs/update": {
    call: (c) => c.runs.finish("r", "FINISHED", 5),
    answer: { run_info: {} },
  },
  "POST runs/delete": { call: (c) => c.runs.discard("r"), answer: {} },
};
/** Calls whose answer is `{}` if there is nothing to list. */
const MAY_BE_EMPTY = new Set([
  "experiments/search",
  "logged-models/search",
  "registered-models/search",
  "model-versions/search",
  "runs/search",
]);

/** Every copy of a value in which one part is of another type, by the path of that part. */
function wrongCopies(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const withPart = (other: unknown) =>
      Array.isArray(value)
        ? value.map((item, index) => (String(index) === key ? other : item))
        : { ...value, [key]: other };
    const others = [null, typeof part === "string" ? 17 : "text", Array.isArray(part) ? {} : []];
    const wrong = others.map((other): [string, unknown] => [at, withPart(other)]);
    const deeper = wrongCopies(part, at).map(([place, other]): [string, unknown] => [place, withPart(other)]);
    return [...wrong, ...deeper];
  });
}

let server: FaultServer;
let body = "";
let under = "";
beforeAll(async () => {
  server = await faultServer((request, response) => {
    const asked = `${request.method} ${request.url!.replace(/\?.*/, "").replace(API, "")}`;
    const before = asked === under ? undefined : CALLS[under]!.before?.[asked];
    request.resume().once("end", () => {
      response.writeHead(before?.status ?? 200, { "content-type": "application/json" });
      response.end(before ? JSON.stringify(before.body) : body);
    });
  });
});
afterAll(() => server.close());

async function outcomeOf(called: string, answer: string): Promise<unknown> {
  body = answer;
  under = called;
  return CALLS[called]!.call(clientFor(server.uri, 0)).then(
    () => "taken",
    (error: unknown) => error,
  );
}

describe.each(Object.keys(CALLS))("an answer to %s", (called) => {
  const { answer } = CALLS[called]!;
  const [method, path] = called.split(" ");
  const expectRefused = (error: unknown, kind: string) => {
    const asks = "is this an MLflow server, with nothing in between?";
    expect(error).toBeInstanceOf(ColaError);
    expect(error).toMatchObject({
      code: "MLFLOW_FAILED",
      retryable: false,
      message: `MLflow: ${method} ${server.uri}${API}${path} answered 200 with ${kind}: ${asks}`,
    });
    expect(isMendable(error)).toBe(true);
  };

  it("is taken as MLflow gives it, with fields of a newer release", async () => {
    expect(await outcomeOf(called, JSON.stringify({ ...answer, newer: { than: "this" } }))).toBe("taken");
  });

  it("is refused as something else's if it is not an object", async () => {
    for (const text of ["null", "[]", "[{}]", '"text"', "17", "true"])
      expectRefused(await outcomeOf(called, text), "an answer of another kind: not an object");
    expectRefused(await outcomeOf(called, ""), "nothing instead of JSON");
  });

  it("is refused by the name of the field that is missing or of another type", async () => {
    for (const [place, copy] of wrongCopies(answer))
      expectRefused(await outcomeOf(called, JSON.stringify(copy)), `an answer of another kind: ${place}`);
    const nothing = await outcomeOf(called, "{}");
    if (MAY_BE_EMPTY.has(path!) || Object.keys(answer).length === 0) expect(nothing).toBe("taken");
    else expectRefused(nothing, `an answer of another kind: ${Object.keys(answer)[0]}`);
  });
});

it("an answer that does not fit is named by its field, never by its value", async () => {
  const error = await outcomeOf("GET runs/get", JSON.stringify({ run: { ...run, info: "canary" } }));
  expect(String(error) + JSON.stringify(error)).not.toContain("canary");
});

it("what other programs log is read, too: metrics that are not numbers are absent", async () => {
  const client = clientFor(testServer());
  const experimentId = await client.experiments.ensure(uniqueName("shapes"));
  const { runId } = await client.runs.create({ experimentId, name: "other", startTime: 5, tags: [] });
  const logged = await fetch(`${testServer()}${API}runs/log-batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      run_id: runId,
      metrics: ["NaN", 0.25].map((value, step) => ({ key: `m${step}`, value, timestamp: 1, step })),
      params: [{ key: "empty", value: "" }],
      tags: [{ key: "empty", value: "" }],
    }),
  });
  expect(logged.status).toBe(200);
  const [found] = await client.runs.search([experimentId], "");
  expect(found).toMatchObject({ runId, startTime: 5, metrics: { m1: 0.25 }, params: { empty: "" } });
  expect(found!.metrics).not.toHaveProperty("m0");
  expect(found!.tags).toMatchObject({ empty: "" });
});
