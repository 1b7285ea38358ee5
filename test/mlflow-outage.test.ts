import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { AlertEngine } from "@colaml/monitor-worker/alerts/alert-engine";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { loadMonitoredModel } from "@colaml/monitor-worker/monitor/load-monitored-model";
import { createMonitorProcessor } from "@colaml/monitor-worker/monitor/processor";
import { createReportFiles } from "@colaml/monitor-worker/report/report-files";
import { type EmbeddedMlflow, startMlflow } from "@colaml/producer/local/mlflow-server";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { isMlflowDown } from "@colaml/shared/mlflow/api-error";
import { championOf, promote } from "@colaml/shared/mlflow/champion";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
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

test("a publication that an outage breaks off is resumed when the server is back, and made once", async () => {
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

/** A monitor without a queue, on the server of this file, keeping its state in `folder`. */
function monitorIn(folder: string) {
  const client = clientFor(server.uri, 0);
  const config = resolveConfig({ flags: { "paths.stateDir": folder } });
  const logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger, close: async () => {} };
  const checks = createCheckPublisher(client, folder, logger);
  const check = createMonitorProcessor({
    loadModel: (uri) => loadMonitoredModel(client, config, uri),
    publish: checks.publish,
    alerts: new AlertEngine({
      stateDir: folder,
      incidents: new IncidentStore(folder, () => {}),
      sinks: [],
      logger,
    }),
    rules: [],
    labels: new LabelStore(folder),
    history: new CheckHistory(folder, () => {}),
    settings: config.monitor,
    confine: async (path) => path,
    reports: createReportFiles({ stateDir: folder, dataDir: "", filesKept: 1_000 }),
    // only one monitor: nothing to wait for
    latestPredictions: async (model) => Promise.reject(new Error(`nobody asked for those of ${model}`)),
    exclusively: (_model, work) => work(() => {}),
  });
  const { signal } = new AbortController();
  return {
    client,
    publishWaiting: () => checks.publishWaiting(signal),
    check: (input: object, jobId: string) =>
      check(monitorJobSchema.parse(input), { jobId, addedAt: 1, signal, logger, progress: async () => {} }),
  };
}

/** Every value of a metric as MLflow kept it, by step. */
async function stepsOf(runId: string, metric: string): Promise<[number, number][]> {
  const query = new URLSearchParams({ run_id: runId, metric_key: metric });
  const answer = await fetch(`${server.uri}/api/2.0/mlflow/metrics/get-history?${query}`);
  const { metrics } = (await answer.json()) as { metrics: { step: number; value: number }[] };
  return metrics.map(({ step, value }) => [Number(step), value]);
}

test("a check made while MLflow is away is recorded when it is back: run, metrics, step and report", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monitor-outage-"));
  try {
    const { client, check, publishWaiting } = monitorIn(folder);
    const window = join(folder, "window.csv");
    const rows = Array.from({ length: 100 }, (_, i) => `${i},${i % 2 ? "help" : "thanks"},${i % 2 === 1}`);
    await writeFile(window, ["tweet_id,text,inbound", ...rows, ""].join("\n"));
    const job = { input: { path: window }, model: "models:/m/1", experiment: "checks" };
    const first = await check(job, "first");
    expect(first.runId).toMatch(/^[0-9a-f]{32}$/);
    // Its worker was killed after that, and another does it again: one run all the same.
    expect((await check(job, "first")).runId).toBe(first.runId);

    await server.child.stop();
    await writeFile(window, ["tweet_id,text,inbound", ...rows, "100,thanks,True", ""].join("\n"));
    const second = await check(job, "second");
    expect(second.runId).toBeUndefined();
    expect(second.warnings).toContainEqual(
      expect.stringMatching(
        /^not recorded in MLflow: .* does not answer.*kept in .*spool-checks and recorded/,
      ),
    );
    // Its worker is killed, and another does it again: it waits once.
    for (let attempt = 0; attempt < 2; attempt++) await check(job, "third");
    const kept = async () => (await readdir(join(folder, "spool-checks"))).filter((name) => /^\d/.test(name));
    expect(await kept()).toHaveLength(2);
    await publishWaiting();
    expect(await kept()).toHaveLength(2);

    server = await start(server.port);
    await publishWaiting();
    await publishWaiting();
    expect(await kept()).toEqual([]);

    const experiment = (await client.experiments.find("checks"))!;
    const runs = await client.runs.search([experiment], "tags.`colaml.kind` = 'monitor'");
    expect(runs.map(({ status }) => status)).toEqual(["FINISHED", "FINISHED", "FINISHED"]);
    const late = runs[1]!;
    expect(late.metrics).toMatchObject({ accuracy_score: 100 / 101, rows: 101, labelled_rows: 101 });
    const page = await client.artifacts.download(late.artifactUri, "monitoring_report.html");
    expect(page.toString()).toBe(await readFile(second.report!, "utf8"));

    const [series, ...others] = await client.runs.search([experiment], "tags.`colaml.kind` = 'monitoring'");
    expect(others).toEqual([]);
    expect(await stepsOf(series!.runId, "accuracy_score")).toEqual([
      [1, 1],
      [2, 100 / 101],
      [3, 100 / 101],
    ]);
    expect((await client.runs.children(series!)).map(({ runId }) => runId).sort()).toEqual(
      runs.map(({ runId }) => runId).sort(),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 200_000);

test("scheduled checks that say the same are steps of one run in MLflow, and only the first has a run of its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monitor-thinned-"));
  try {
    const { client, check } = monitorIn(folder);
    const write = async (name: string, isHelp: (row: number) => boolean) => {
      const rows = Array.from({ length: 200 }, (_, i) => `${i},${i % 2 ? "help" : "thanks"},${isHelp(i)}`);
      await writeFile(join(folder, name), ["tweet_id,text,inbound", ...rows, ""].join("\n"));
      return { input: { path: join(folder, name) }, model: "models:/m/1", experiment: "thinned" };
    };
    const good = await write("good.csv", (row) => row % 2 === 1);
    const bad = await write("bad.csv", (row) => row % 2 === 0);
    const results = [];
    for (const [i, job] of [good, good, good, bad, bad, good].entries())
      results.push(await check(job, `repeat:often:${1_764_072_000_000 + i}`));
    const byHand = await check(good, "by-hand");

    expect(results.map(({ verdict }) => verdict)).toEqual(["pass", "pass", "pass", "fail", "fail", "pass"]);
    // the first, the one that opens the incident, the one that ends it
    expect(results.map(({ runId }) => runId !== undefined)).toEqual([true, false, false, true, false, true]);
    expect(byHand.runId).toBeDefined();
    const experiment = (await client.experiments.find("thinned"))!;
    const [series] = await client.runs.search([experiment], "tags.`colaml.kind` = 'monitoring'");
    expect(new Set(results.map(({ seriesRunId }) => seriesRunId))).toEqual(new Set([series!.runId]));
    expect(await client.runs.children(series!)).toHaveLength(4);
    expect((await stepsOf(series!.runId, "accuracy_score")).map(([step, value]) => [step, value])).toEqual(
      [1, 1, 1, 0, 0, 1, 1].map((accuracy, i) => [i + 1, accuracy]),
    );
    expect(await readdir(join(folder, "spool-checks", "results"))).toHaveLength(7);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 200_000);

test("a server that hangs is reported to be away", async () => {
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
