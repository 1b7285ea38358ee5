import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type RunningChild, startChild } from "@colaml/producer/local/child-process";
import { freePort } from "@colaml/producer/local/free-port";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import type { LabelsResult } from "@colaml/shared/contracts/labels";
import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { clientFor, exampleModel, exampleRun } from "../../../shared/test/mlflow/example-publication";
import { runCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-monitor-"));
const model = `monitored_${process.pid}`;
const trackingUri = process.env["TEST_MLFLOW_URI"]!;
const env = {
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: trackingUri,
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_DATA_DIR: folder,
  COLAML_REDIS_PREFIX: `{monitored-${process.pid}}`,
  COLAML_MODEL: model,
  MLFLOW_EXPERIMENT_NAME: model,
  COLAML_LOG_FILE: "",
};
const [tweets, fresh, scored] = ["tweets.csv", "fresh.csv", "scored.csv"].map((name) =>
  join(folder, name),
) as [string, string, string];
let children: RunningChild[] = [];
let metricsUrl: string;
let apiUrl: string;

/** A service of its own, as in a container, ready when its address answers. */
async function startService(main: string, port: number, more: Record<string, string>): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name: main,
    command: process.execPath,
    args: [resolve(__dirname, "../../..", main)],
    env: { ...process.env, ...env, ...more },
    logFile: join(folder, "services.log"),
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  });
  children.push(child);
  return url;
}

async function cola<T>(...args: string[]): Promise<{ code: number | null; value: T; stderr: string }> {
  const { code, stdout, stderr } = await runCola([...args, "--json"], env, folder);
  const lines = stdout.trimEnd().split("\n");
  if (lines.length !== 1) throw new Error(`stdout is not one object: ${stdout}\n${stderr}`);
  return { code, value: JSON.parse(lines[0]!) as T, stderr };
}

/** Ids with their labels, of the rows that have a text, in file order. */
let truth: { id: string; label: string }[];
async function readTruth(): Promise<typeof truth> {
  const rows: typeof truth = [];
  const columns = { text: "text", label: "inbound", id: "tweet_id" };
  for await (const { ids, labels } of readDataset({ path: fresh }, columns).batches())
    rows.push(...ids.map((id, i) => ({ id, label: labels[i]! })));
  return rows;
}

function writeLabels(name: string, rows: typeof truth): string {
  const path = join(folder, name);
  const lines = rows.map(({ id, label }) => `${label},${id}`);
  writeFileSync(path, ["inbound,tweet_id", ...lines, ""].join("\n"));
  return path;
}

/** A third of the truth, each its own, in another order than the predictions. */
const third = (part: number) => truth.filter((_, i) => i % 3 === part).reverse();

/** Share of the ids that were predicted as they are labelled, counted here only from the files. */
async function accuracyOf(labelled: typeof truth): Promise<number> {
  const predicted = new Map<string, string>();
  for await (const { others } of readDataset({ path: scored }, { others: ["id", "label"] }).batches())
    for (const [i, id] of others[0]!.entries()) predicted.set(id, others[1]![i]!);
  return labelled.filter(({ id, label }) => predicted.get(id) === label).length / labelled.length;
}

beforeAll(async () => {
  await writeSyntheticTweets(tweets, 2_000, 7);
  await writeSyntheticTweets(fresh, 900, 8);
  truth = await readTruth();
  const workers = ["trainer", "predictor", "monitor"].map(async (kind) => {
    const port = await freePort();
    return startService(`${kind}-worker/dist/main.js`, port, { COLAML_HEALTH_PORT: String(port) });
  });
  const port = await freePort();
  const api = startService("producer/dist/main.js", port, { COLAML_PORT: String(port) });
  metricsUrl = `${(await Promise.all(workers))[2]}/metrics`;
  apiUrl = await api;
  const trained = await cola("train", tweets);
  expect(trained.code).toBe(0);
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

it("without any predictions yet a check says so", async () => {
  const { code, stderr } = await runCola(["monitor"], env, folder);
  expect(code).toBe(1);
  expect(stderr).toContain(`no finished prediction of the model ${model} is known: predict a file first`);
});

describe("labels that come late", () => {
  it("may come before the predictions, by the command line, twice without counting twice", async () => {
    const path = writeLabels("first.csv", third(0));
    const first = await cola<LabelsResult>("labels", path);
    expect(first.value).toMatchObject({ added: third(0).length, known: 0, total: third(0).length });
    const again = await cola<LabelsResult>("labels", path);
    expect(again.value).toMatchObject({ added: 0, known: first.value.added, total: first.value.total });
  });

  it("join the predictions made since, beside an estimate from all rows", async () => {
    const args = ["--output", scored, "--pass-through", "text"];
    expect((await cola("predict", fresh, ...args)).code).toBe(0);
    const { code, value } = await cola<MonitorResult>("monitor", "--predictions", scored);
    expect(value).toMatchObject({ rows: truth.length, n: third(0).length });
    expect(value.metrics.accuracy_score).toBeCloseTo(await accuracyOf(third(0)), 12);
    expect(value.estimated!.accuracy_score).toBeGreaterThan(0.5);
    expect(value.drift!.level).toBe("none");
    expect([code, value.ok]).toEqual([0, true]);
  });

  it("may come as a job of another program", async () => {
    const queues = await openJobQueues(resolveConfig({ env }));
    try {
      for (const added of [third(1).length, 0]) {
        const id = await queues.add("labels", { model, labels: third(1) });
        const { value } = await cola<{ result: LabelsResult }>("jobs", "watch", id);
        expect(value.result).toMatchObject({ added, known: third(1).length - added });
      }
    } finally {
      await queues.close();
    }
  });

  it("may come through the server", async () => {
    for (const added of [third(2).length, 0]) {
      const answer = await fetch(`${apiUrl}/jobs/labels`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, labels: third(2) }),
      });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as { id: string };
      const { value } = await cola<{ result: LabelsResult }>("jobs", "watch", id);
      const known = third(2).length - added;
      expect(value.result).toMatchObject({ added, known, total: truth.length });
    }
    const { value } = await cola<MonitorResult>("monitor", "--predictions", scored);
    expect(value).toMatchObject({ n: truth.length, labels: { matched: truth.length, unlabelled: 0 } });
    expect(value.metrics.accuracy_score).toBeCloseTo(await accuracyOf(truth), 12);
  });

  it("of ids that nobody predicted are counted and listed", async () => {
    const unknown = [
      { id: "900000001", label: "True" },
      { id: "900000002", label: "False" },
    ];
    const path = writeLabels("unknown.csv", [...third(0), ...unknown]);
    const wanted = { count: 2, first: ["900000001", "900000002"] };
    expect((await cola<LabelsResult>("labels", path, "--predictions", scored)).value.unknown).toEqual(wanted);
    const { value } = await cola<MonitorResult>("monitor", "--predictions", scored, "--labels", path);
    expect(value.labels!.unknown).toEqual(wanted);
    expect(value.n).toBe(truth.length);
  });
});

describe("a check on the command line", () => {
  it("exits with 3 if it fails, with one object, and what one class cannot say is absent with its reason", async () => {
    const agents = join(folder, "agents.csv");
    const lines = ["tweet_id,inbound,text"];
    const columns = { text: "text", label: "inbound", id: "tweet_id" };
    for await (const { ids, texts, labels } of readDataset({ path: fresh }, columns).batches()) {
      for (const [i, id] of ids.entries())
        if (labels[i] === "False") lines.push(`${id},False,${JSON.stringify(texts[i]!.replaceAll('"', ""))}`);
    }
    writeFileSync(agents, `${lines.join("\n").replaceAll("\\n", " ")}\n`);
    const { code, value } = await cola<MonitorResult>("monitor", agents);
    expect([code, value.ok]).toEqual([3, false]);
    expect(value.drift!.level).toBe("alert");
    expect(value.metrics).not.toHaveProperty("roc_auc");
    expect(value.metrics.absent).toMatchObject({ roc_auc: 'no labelled row is "True"' });
    const shown = value.checks.filter(({ metric }) => metric === "roc_auc");
    expect(shown.map(({ status }) => status)).toEqual(shown.map(() => "no verdict"));
  });

  it.each([
    ["an empty window", () => ["empty.csv"], "INPUT_EMPTY", /empty\.csv holds a header but no rows/],
    ["a report in no folder", () => [fresh, "--report", "no/r.html"], "OUTPUT_UNWRITABLE", /no\/r\.html/],
    ["predictions of nobody", () => ["--predictions", fresh], "COLUMN_NOT_FOUND", /no column "id"/],
    [
      "labels without an id",
      () => ["--predictions", scored, "--labels", scored],
      "COLUMN_NOT_FOUND",
      /"inbound"/,
    ],
  ])("refuses %s in one line", async (_what, args, errorCode, message) => {
    writeFileSync(join(folder, "empty.csv"), "tweet_id,inbound,text\n");
    const { code, value } = await cola<{ error_code: string; message: string }>("monitor", ...args());
    expect([code, value.error_code]).toEqual([1, errorCode]);
    expect(value.message).toMatch(message);
  });

  it("of a model without a profile judges quality, and says what drift lacks", async () => {
    const bare = `bare_${process.pid}`;
    await publishModel(clientFor(trackingUri), exampleRun(model), exampleModel(bare));
    const rows = Array.from({ length: 60 }, (_, i) => `${i},${i % 2 === 0},${i % 2 ? "thanks" : "help"}`);
    const path = join(folder, "bare.csv");
    writeFileSync(path, ["tweet_id,inbound,text", ...rows, ""].join("\n"));
    const { code, value } = await cola<MonitorResult>("monitor", path, "--model", `models:/${bare}/1`);
    expect([code, value.verdict, value.metrics.accuracy_score]).toEqual([0, "pass", 1]);
    expect(value.drift).toBeUndefined();
    expect(value.driftAbsent).toMatch(/no reference profile.*reference_profile\.json.*train it again/);
    expect(value.estimatedAbsent).toMatch(/no reference profile/);
  });

  it("shows its metrics on /metrics and as a step of one run in MLflow", async () => {
    const { value } = await cola<MonitorResult>("monitor", "--predictions", scored);
    const text = await (await fetch(metricsUrl)).text();
    const gauge = (name: string, label: string) =>
      Number(new RegExp(`^${name}\\{model="[^"]+",${label}[^}]*\\} (\\S+)$`, "m").exec(text)?.[1]);
    expect(gauge("colaml_quality", 'metric="accuracy_score"')).toBe(value.metrics.accuracy_score);
    expect(gauge("colaml_quality", 'metric="estimated_accuracy_score"')).toBe(
      value.estimated!.accuracy_score,
    );
    for (const { statistic, psi, jensenShannon } of value.drift!.scores) {
      expect(gauge("colaml_drift_score", `method="psi_${statistic}"`)).toBe(psi);
      expect(gauge("colaml_drift_score", `method="js_${statistic}"`)).toBe(jensenShannon);
    }
    const client = clientFor(trackingUri);
    const experiment = (await client.experiments.find(model))!;
    const filter = `tags.\`colaml.kind\` = 'monitoring' and tags.\`colaml.model\` = '${model}'`;
    const [series, ...others] = await client.runs.search([experiment], filter);
    expect(others).toEqual([]);
    const query = new URLSearchParams({ run_id: series!.runId, metric_key: "rows" });
    const answer = await fetch(`${trackingUri}/api/2.0/mlflow/metrics/get-history?${query}`);
    const { metrics } = (await answer.json()) as { metrics: { step: number; value: number }[] };
    // One each of the checks above, in order: none took another's place.
    expect(metrics.map(({ step }) => Number(step))).toEqual([1, 2, 3, 4, 5]);
    expect(metrics.at(-1)!.value).toBe(truth.length);
    expect((await client.runs.children(series!)).map(({ runId }) => runId)).toContain(value.runId);
  });
});

describe("a check that names no rows", () => {
  it("is of the latest predictions of the model, each time anew", async () => {
    const part = join(folder, "part.csv");
    writeFileSync(part, "tweet_id,text\n1,please help\n2,thanks\n3,dm us\n");
    for (const [input, output] of [
      [part, join(folder, "part-scored.csv")],
      [fresh, join(folder, "fresh-scored.csv")],
    ] as const) {
      expect((await cola("predict", input, "--output", output)).code).toBe(0);
      const { value } = await cola<MonitorResult>("monitor");
      expect(value.rows).toBe(input === part ? 3 : truth.length);
    }
    // what was deleted since is not the latest any more
    rmSync(join(folder, "fresh-scored.csv"));
    expect((await cola<MonitorResult>("monitor")).value.rows).toBe(3);
  });

  it("may come back by a schedule", async () => {
    const { value } = await cola<{ id: string }>("schedule", "add", "monitor", "--every", "1h");
    const { value: listed } = await cola<{ jobs: { id: string; status: string }[] }>("jobs", "list");
    const ticks = listed.jobs.filter(({ id }) => id.startsWith(`repeat:${value.id}:`));
    // the next tick waits for its hour
    const made = ticks.find(({ status }) => status !== "delayed")!;
    const watched = await cola<{ result: MonitorResult }>("jobs", "watch", made.id);
    expect(watched.value.result.rows).toBe(3);
    expect((await cola("schedule", "remove", value.id)).code).toBe(0);
  });
});

describe("labels that do not fit", () => {
  it("in one delivery twice with different labels are counted, and join no row until one comes later", async () => {
    const { id, label } = truth[0]!;
    const other = { id, label: label === "True" ? "False" : "True" };
    const path = writeLabels("twice.csv", [truth[0]!, other, truth[1]!]);
    const { value } = await cola<LabelsResult>("labels", path);
    expect(value).toMatchObject({ rows: 3, added: 0, known: 1, ambiguous: { ids: 1, rows: 2, first: [id] } });
    expect(value.warnings).toEqual([
      expect.stringContaining("2 of 3 rows have an id that came with different"),
    ]);
    const { value: without } = await cola<MonitorResult>("monitor", "--predictions", scored);
    expect(without).toMatchObject({ n: truth.length - 1, labels: { ambiguous: { ids: 1, rows: 1 } } });
    await cola("labels", writeLabels("once.csv", [truth[0]!]));
    const { value: after } = await cola<MonitorResult>("monitor", "--predictions", scored);
    expect(after).toMatchObject({ n: truth.length, labels: { ambiguous: { rows: 0 } } });
  });

  it("by ids that a spreadsheet shortened are refused, and not by a file's own rows", async () => {
    const damaged = join(folder, "damaged.csv");
    const lines = ["tweet_id,inbound,text"];
    const columns = { text: "text", label: "inbound", id: "tweet_id" };
    for await (const { texts, labels } of readDataset({ path: fresh }, columns).batches())
      for (const [i, text] of texts.entries())
        lines.push(`5.70E+17,${labels[i]},"${text.replaceAll('"', '""')}"`);
    writeFileSync(damaged, `${lines.join("\n")}\n`);
    const output = join(folder, "damaged-scored.csv");
    expect((await cola("predict", damaged, "--output", output)).code).toBe(0);
    const refused = await cola<{ error_code: string; message: string }>(
      ...["monitor", "--predictions", output, "--labels", damaged],
    );
    expect([refused.code, refused.value.error_code]).toEqual([1, "LABELS_INVALID"]);
    expect(refused.value.message).toMatch(/"5\.70E\+17".*spreadsheet.*export the id column as text/);
    const byRow = await cola<MonitorResult>("monitor", damaged);
    expect(byRow.value.metrics.accuracy_score).toBeCloseTo(await accuracyOf(truth), 12);
  });

  it("because all are spelled otherwise fail the check", async () => {
    const spelled = truth.map(({ id, label }) => ({ id, label: `${label}.` }));
    const args = ["--predictions", scored, "--labels", writeLabels("spelled.csv", spelled)];
    const { code, value } = await cola<MonitorResult>("monitor", ...args);
    expect([code, value.ok, value.n]).toEqual([3, false, truth.length]);
    expect(value.foreignLabels!.rows).toBe(truth.length);
    expect(value.summary).toMatch(/no label is a class of the model, spelling may be why: "(True|False)\."/);
  });
});
