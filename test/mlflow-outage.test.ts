import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type EmbeddedMlflow, startMlflow } from "@colaml/producer/embedded/mlflow-server";
import { isMlflowDown } from "@colaml/shared/mlflow/api-error";
import { championOf, promote } from "@colaml/shared/mlflow/champion";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import { clientFor, exampleModel, exampleRun } from "../packages/shared/test/mlflow/example-publication";

// A server of its own: this one is stopped, frozen and started again.
let stateDir: string;
let server: EmbeddedMlflow;
const start = (port?: number) =>
  startMlflow({
    stateDir,
    pythonDir: resolve(process.env["COLAML_PYTHON"]!, "../.."),
    ...(port ? { port } : {}),
  });

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "colaml-outage-"));
  server = await start();
}, 200_000);
afterAll(async () => {
  await server.child.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test("a publication that an outage breaks off is gone on with when the server is back, and made once", async () => {
  const cacheDir = join(stateDir, "cache");
  const client = clientFor(server.uri);
  await publishModel(client, exampleRun("e"), exampleModel("m"));
  await promote(client, "m", "1", "the first");
  const pinned = await resolveModel(client, "models:/m@champion", { cacheDir });
  const loaded = await loadModel(client, pinned, { cacheDir });

  const record = exampleRun("e");
  // Killed as soon as the run is there: its model is not.
  const broken = publishModel(client, record, exampleModel("m")).catch((error: unknown) => error);
  const experimentId = (await client.experiments.find("e"))!;
  const runIsThere = async () => (await client.runs.search([experimentId], "")).length === 2;
  while (!(await runIsThere())) await new Promise(setImmediate);
  server.child.signal("SIGKILL");
  await server.child.exited;
  expect(isMlflowDown(await broken)).toBe(true);

  const away = { code: "MLFLOW_UNREACHABLE", retryable: true, message: expect.stringContaining(server.uri) };
  await expect(publishModel(client, record, exampleModel("m"))).rejects.toMatchObject(away);
  await expect(client.ping()).rejects.toMatchObject(away);
  expect(await loadModel(client, pinned, { cacheDir })).toEqual(loaded);
  expect(await resolveModel(client, "models:/m/1", { cacheDir })).toEqual(pinned);

  server = await start(server.port);
  const published = await publishModel(client, record, exampleModel("m"));
  expect(await publishModel(client, record, exampleModel("m"))).toEqual(published);
  expect(published.version.version).toBe("2");
  expect(await client.runs.search([experimentId], "attributes.status = 'FINISHED'")).toHaveLength(2);
  expect(await client.runs.search([experimentId], "")).toHaveLength(2);
  expect(await client.registry.versions("m")).toHaveLength(2);
  expect((await championOf(client, "m"))?.version).toBe("1");
  await loadModel(client, await resolveModel(client, "models:/m/2"), { cacheDir });
}, 200_000);

test("a server that hangs is said to be away", async () => {
  server.child.signal("SIGSTOP");
  try {
    await expect(clientFor(server.uri).ping()).rejects.toMatchObject({
      code: "MLFLOW_UNREACHABLE",
      message: expect.stringContaining(`MLflow at ${server.uri} gave no answer to GET /health within 5 s`),
    });
  } finally {
    server.child.signal("SIGCONT");
  }
});
