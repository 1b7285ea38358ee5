import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { isMlflowDown } from "@colaml/shared/mlflow/api-error";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { failRun, publishModel, publishRun } from "@colaml/shared/mlflow/publish-model";
import {
  clientFor,
  EXAMPLE_DATASET,
  EXAMPLE_PROBABILITIES,
  exampleModel,
  exampleRun,
  testServer,
  uniqueName,
} from "./example-publication";
import { type Fault, faultyProxy } from "./faulty-proxy";

const api = async (path: string, body?: unknown): Promise<Record<string, never>> => {
  const init = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(`${testServer()}/api/2.0/mlflow/${path}`, init || {});
  return (await response.json()) as Record<string, never>;
};

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "colaml-publish-"));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

test("what is published is what MLflow then shows, and what is loaded back", async () => {
  const client = clientFor(testServer());
  const name = uniqueName("model");
  const record = exampleRun(uniqueName("experiment"));
  const { runId, modelId, version } = await publishModel(client, record, exampleModel(name));

  const { run } = (await api(`runs/get?run_id=${runId}`)) as never as {
    run: {
      info: object;
      data: { params: { key: string; value: string }[]; metrics: { key: string; value: number }[] };
      inputs: { dataset_inputs: { dataset: object; tags: object[] }[] };
      outputs: object;
    };
  };
  expect(run.info).toMatchObject({
    status: "FINISHED",
    run_name: "example",
    start_time: record.startTime,
    end_time: record.endTime,
    user_id: expect.anything(),
  });
  expect(run.data.params).toContainEqual({ key: "iterations", value: "50" });
  expect(run.data.params.find(({ key }) => key === "stop_words")?.value).toHaveLength(6000);
  expect(run.data.metrics).toContainEqual(
    expect.objectContaining({ key: "test_accuracy_score", value: 0.815 }),
  );
  const { metrics } = (await api(
    `metrics/get-history?run_id=${runId}&metric_key=train_log_loss&max_results=5000`,
  )) as never as { metrics: { step: number; value: number }[] };
  expect(metrics).toHaveLength(1500);
  expect(metrics.find(({ step }) => step === 999)?.value).toBeCloseTo(0.001, 12);
  expect(run.inputs.dataset_inputs).toMatchObject([
    {
      dataset: { name: "tweets.csv", digest: "0123456789abcdef0123456789abcdef" },
      tags: expect.arrayContaining([{ key: "mlflow.data.context", value: "training" }]),
    },
  ]);
  expect(run.outputs).toMatchObject({ model_outputs: [{ model_id: modelId }] });
  expect(version).toMatchObject({ name, version: "1", runId, source: `models:/${modelId}` });

  const plot = await fetch(`${testServer()}/get-artifact?run_uuid=${runId}&path=plots%2Froc_curve_plot.svg`);
  expect(await plot.text()).toBe("<svg/>");

  const pinned = await resolveModel(client, `models:/${name}/latest`);
  const { bundle, files } = await loadModel(client, pinned, { cacheDir });
  expect([...files.keys()]).toContain("notes.json");
  const probabilities = new Float64Array(2);
  expect(createClassifier(bundle).predict("please help", probabilities)).toBe(1);
  expect(probabilities[1]).toBeCloseTo(EXAMPLE_PROBABILITIES.help, 6);
});

test("the logged model shows the metrics that name a dataset, with that dataset", async () => {
  const client = clientFor(testServer());
  const metrics = [
    { key: "test_accuracy_score", value: 0.815, dataset: EXAMPLE_DATASET },
    { key: "train_log_loss", value: 0.5, step: 3 },
  ];
  const record = exampleRun(uniqueName("experiment"), { metrics });
  const { runId, modelId } = await publishModel(client, record, exampleModel(uniqueName("model")));
  const { model } = (await api(`logged-models/${modelId}`)) as never as {
    model: { data: { metrics: object[] } };
  };
  expect(model.data.metrics).toEqual([
    {
      key: "test_accuracy_score",
      value: 0.815,
      timestamp: record.endTime,
      step: 0,
      run_id: runId,
      model_id: modelId,
      dataset_name: EXAMPLE_DATASET.name,
      dataset_digest: EXAMPLE_DATASET.digest,
    },
  ]);
  expect((await client.runs.get(runId)).metrics).toEqual({ test_accuracy_score: 0.815, train_log_loss: 0.5 });
});

test.each<Fault>(["answers 503", "loses the answer"])(
  "a publication through a network that %s at every step ends as one run, one model and one version",
  async (fault) => {
    const proxy = await faultyProxy(testServer(), fault);
    // Without tries inside the client each fault interrupts the publication.
    const client = clientFor(proxy.uri, 0);
    const name = uniqueName("model");
    const metrics = Array.from({ length: 30 }, (_, step) => ({ key: "train_log_loss", value: step, step }));
    const measured = { key: "test_accuracy_score", value: 0.5, dataset: EXAMPLE_DATASET };
    const record = exampleRun(uniqueName("experiment"), { metrics: [...metrics, measured] });
    const model = exampleModel(name);
    let interruptions = 0;
    const publishUntilDone = async (): Promise<Awaited<ReturnType<typeof publishModel>>> => {
      try {
        return await publishModel(client, record, model);
      } catch (error) {
        if (!isMlflowDown(error) || ++interruptions > 100) throw error;
        return publishUntilDone();
      }
    };
    try {
      const first = await publishUntilDone();
      const again = await publishModel(client, record, model);
      expect(again).toEqual(first);
      expect(interruptions).toBeGreaterThan(15);

      const runs = await api("runs/search", { experiment_ids: [first.experimentId] });
      expect(runs["runs"]).toHaveLength(1);
      const models = await api("logged-models/search", { experiment_ids: [first.experimentId] });
      expect(models["models"]).toMatchObject([
        { info: { status: "LOGGED_MODEL_READY" }, data: { metrics: [{ key: "test_accuracy_score" }] } },
      ]);
      const versions = await clientFor(testServer()).registry.versions(name);
      expect(versions).toHaveLength(1);
      const { run } = (await api(`runs/get?run_id=${first.runId}`)) as never as {
        run: { info: object; outputs: { model_outputs: object[] }; inputs: { dataset_inputs: object[] } };
      };
      expect(run.info).toMatchObject({ status: "FINISHED" });
      expect(run.outputs.model_outputs).toHaveLength(1);
      expect(run.inputs.dataset_inputs).toHaveLength(1);
      const { metrics: history } = (await api(
        `metrics/get-history?run_id=${first.runId}&metric_key=train_log_loss&max_results=5000`,
      )) as never as { metrics: object[] };
      expect(history).toHaveLength(30);
    } finally {
      await proxy.close();
    }
  },
);

test("what MLflow refuses for good marks the run as failed, with the reason", async () => {
  const client = clientFor(testServer());
  const experiment = uniqueName("experiment");
  const record = exampleRun(experiment);
  await publishRun(client, record);
  const changed = { ...record, params: [{ key: "iterations", value: "51" }] };
  await expect(publishRun(client, changed)).rejects.toMatchObject({
    code: "MLFLOW_FAILED",
    retryable: false,
  });
  const [run] = await client.runs.search([(await client.experiments.find(experiment))!], "");
  expect(run).toMatchObject({ status: "FAILED", params: { iterations: "50" } });
  expect(run!.tags["colaml.failure"]).toMatch(/Changing param values is not allowed/);
});

test("a run that will not be completed is ended as failed", async () => {
  const client = clientFor(testServer());
  const { runId } = await publishRun(client, exampleRun(uniqueName("experiment")));
  await failRun(client, runId, "out of memory", 1_790_000_000_500);
  expect(await client.runs.get(runId)).toMatchObject({
    status: "FAILED",
    tags: { "colaml.failure": "out of memory" },
  });
});

test("names and values that MLflow would refuse do not cost the run", async () => {
  const client = clientFor(testServer());
  const record = exampleRun(uniqueName("experiment"), {
    params: [{ key: "weight_año", value: "x".repeat(7000) }],
    metrics: [
      { key: "f1_score_ñ(", value: 0.5 },
      { key: "f1_score_ö(", value: 0.25 },
      { key: "roc_auc", value: Number.NaN },
      { key: "log_loss", value: Number.POSITIVE_INFINITY },
    ],
    tags: [{ key: "note ñ", value: "y".repeat(9000) }],
  });
  const { runId } = await publishRun(client, record);
  const run = await client.runs.get(runId);
  expect(run.metrics).toEqual({ "f1_score_-u00f1--u0028-": 0.5, "f1_score_-u00f6--u0028-": 0.25 });
  expect(run.params["weight_a-u00f1-o"]).toMatch(/^x{5997}\.\.\.$/);
  expect(run.tags["note -u00f1-"]).toMatch(/^y{7997}\.\.\.$/);
});

test("child runs of a tuning are found by their parent", async () => {
  const client = clientFor(testServer());
  const experiment = uniqueName("experiment");
  const small = { metrics: [], datasets: [], artifacts: new Map() };
  const parent = await publishRun(client, exampleRun(experiment, small));
  const children = new Set<string>();
  for (let trial = 0; trial < 3; trial++) {
    const tags = [{ key: "mlflow.parentRunId", value: parent.runId }];
    children.add(
      (await publishRun(client, exampleRun(experiment, { ...small, tags, publishId: randomUUID() }))).runId,
    );
  }
  const found = await client.runs.children(parent);
  expect(new Set(found.map(({ runId }) => runId))).toEqual(children);
});

test("searches go on over the pages of the server", async () => {
  const client = clientFor(testServer());
  const name = uniqueName("model");
  const { experimentId, modelId } = await publishModel(
    client,
    exampleRun(uniqueName("e")),
    exampleModel(name),
  );
  for (let i = 0; i < 4; i++) await client.registry.createVersion({ name, modelId, runId: "", tags: [] });
  expect((await client.registry.versions(name, "", 2)).map(({ version }) => version)).toEqual(["5", "4"]);
  expect(await client.registry.versions(name)).toHaveLength(5);
  expect(await client.runs.search([experimentId], "", 1)).toHaveLength(1);
});
