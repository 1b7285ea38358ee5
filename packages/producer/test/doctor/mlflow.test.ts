import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkMlflowServer } from "@colaml/producer/doctor/mlflow/check-mlflow";
import { checkMlflowVersion } from "@colaml/producer/doctor/mlflow/version";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const uri = process.env["TEST_MLFLOW_URI"]!;
const experiment = `doctor-${process.pid}`;
const model = `doctor-${process.pid}`;

async function findings(env: Record<string, string> = {}, clock = Date.now) {
  const names = { MLFLOW_EXPERIMENT_NAME: experiment, COLAML_MODEL: model };
  const config = resolveConfig({ env: { MLFLOW_TRACKING_URI: uri, ...names, ...env } });
  const found = await checkMlflowServer(config, clock);
  return Object.fromEntries(found.map(({ check, ...rest }) => [check, rest]));
}

/** Stands before the real server and changes how it is called. */
async function proxy(change: (path: string) => { host?: string; refuse?: number }): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { host, refuse } = change(`${incoming.method} ${incoming.url}`);
    if (refuse !== undefined) {
      outgoing.writeHead(refuse, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ error_code: "PERMISSION_DENIED", message: "no rights" }));
      return;
    }
    const headers = { ...incoming.headers, ...(host && { host }) };
    const target = request(new URL(incoming.url!, uri), { method: incoming.method!, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(target);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function behind(change: Parameters<typeof proxy>[0]) {
  const server = await proxy(change);
  try {
    return await findings({
      MLFLOW_TRACKING_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("cola doctor at MLflow", () => {
  const mlflow = createMlflowClient(resolveConfig({ env: { MLFLOW_TRACKING_URI: uri } }).mlflow);

  it("finds nothing wrong, and the run that it made is marked as deleted", async () => {
    const found = await findings();
    expect(Object.values(found).map(({ state }) => state)).toEqual(Object.keys(found).map(() => "ok"));
    expect(Object.keys(found)).toEqual([
      "mlflow",
      "mlflow api",
      "mlflow version",
      "mlflow clock",
      "mlflow artifacts",
      "mlflow alias",
    ]);
    expect(found["mlflow alias"]!.message).toContain("not tried");
    expect(await mlflow.runs.search([(await mlflow.experiments.find(experiment))!], "")).toEqual([]);
  });

  it("moves an alias of its own only, and takes it away again", async () => {
    const experimentId = await mlflow.experiments.ensure(experiment);
    const run = await mlflow.runs.create({ experimentId, name: "r", startTime: 1, tags: [] });
    const logged = await mlflow.models.create({
      experimentId,
      name: "m",
      runId: run.runId,
      params: [],
      tags: [],
    });
    await mlflow.models.finish(logged.modelId, "LOGGED_MODEL_READY");
    await mlflow.registry.ensureModel(model);
    await mlflow.registry.createVersion({ name: model, modelId: logged.modelId, runId: run.runId, tags: [] });
    await mlflow.registry.setAlias(model, "champion", "1");
    expect((await findings())["mlflow alias"]).toEqual({
      state: "ok",
      message: expect.stringContaining(model),
    });
    expect(await mlflow.registry.aliases(model)).toEqual(new Map([["champion", "1"]]));
  });

  it("says how to start a server that does not know the name it is called by", async () => {
    const found = await behind(() => ({ host: "mlflow.example:5000" }));
    expect(found["mlflow"]).toMatchObject({ state: "ok" });
    expect(found["mlflow api"]).toMatchObject({
      state: "problem",
      message: expect.stringContaining("403"),
      mend: expect.stringMatching(/--allowed-hosts "127\.0\.0\.1:\d+/),
    });
    expect(found["mlflow artifacts"]).toBeUndefined();
  });

  it("names artifacts that cannot be written, and an alias that may not be moved", async () => {
    const noFiles = await behind((path) => (path.startsWith("PUT ") ? { refuse: 403 } : {}));
    expect(noFiles["mlflow artifacts"]).toMatchObject({
      state: "problem",
      mend: expect.stringContaining("--artifacts-destination"),
    });
    const noAlias = await behind((path) =>
      path.startsWith("POST ") && path.includes("/alias") ? { refuse: 403 } : {},
    );
    expect(noAlias["mlflow artifacts"]).toMatchObject({ state: "ok" });
    expect(noAlias["mlflow alias"]).toMatchObject({ state: "problem", mend: expect.stringContaining(model) });
  });

  it("says how far the clocks are apart, and no more than that of a server that is away", async () => {
    const late = await findings({}, () => Date.now() - 120_000);
    expect(late["mlflow clock"]).toMatchObject({ state: "problem" });
    const away = await findings({ MLFLOW_TRACKING_URI: "http://user:hunter2@127.0.0.1:9" });
    expect(Object.keys(away)).toEqual(["mlflow"]);
    expect(JSON.stringify(away)).toMatch(/127\.0\.0\.1:9/);
    expect(JSON.stringify(away)).not.toContain("hunter2");
  });
});

it.each([
  [undefined, "warning"],
  ["2.22.0", "problem"],
  ["3.10.1", "warning"],
  ["3.11.0", "ok"],
  ["4.0.0", "ok"],
] as const)("MLflow %s is %s", (version, state) => {
  expect(checkMlflowVersion(version).state).toBe(state);
});
