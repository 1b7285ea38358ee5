import { link, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertEngine } from "@colaml/monitor-worker/alerts/alert-engine";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import type { MonitoredModel } from "@colaml/monitor-worker/monitor/monitored-model";
import { createMonitorProcessor, type MonitorDependencies } from "@colaml/monitor-worker/monitor/processor";
import { createReportFiles } from "@colaml/monitor-worker/report/report-files";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { alertRulesSchema } from "@colaml/shared/contracts/alert-rules";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { type MonitorJobInput, monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { RunRecord } from "@colaml/shared/mlflow/publish-model";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };

/** A model that knows one word: `good` is True with 0.9, anything else with 0.2. */
const model: MonitoredModel = {
  name: "modelo_nuevo",
  version: "3",
  runId: "training",
  classifier: {
    classes: ["False", "True"],
    predict(text, out) {
      out[1] = text.includes("good") ? 0.9 : 0.2;
      out[0] = 1 - out[1];
      return out[1] > 0.5 ? 1 : 0;
    },
  },
  terms: ["good"],
  tokenise: (text) => text.split(" "),
  columns: { text: "text", label: "inbound", id: "tweet_id" },
};

/** Of a hundred rows, every second one `good`. */
const PROFILE: ReferenceProfile = {
  formatVersion: 1,
  rows: 100,
  blockRows: 1,
  classes: ["False", "True"],
  terms: { words: ["good"], documentFrequency: [50], designEffect: 1 },
  textLength: { edges: [10], counts: [0, 100], designEffect: 1 },
  outOfVocabulary: { edges: [0.9], counts: [50, 50], designEffect: 1 },
  tokens: { all: 300, outOfVocabulary: 250 },
  score: { edges: [0.5], counts: [50, 50], designEffect: 1 },
  labels: { predicted: [50, 50], actual: [50, 50], designEffect: 1 },
  calibration: [[{ rows: 100, meanProbability: 0.5, positives: 50 }]],
  quality: { rows: 100, metrics: {} },
};

let folder: string;
let queued: Alert[];
let runs: RunRecord[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monitor-"));
  queued = [];
  runs = [];
});
afterEach(() => rm(folder, { recursive: true }));

function processor(
  publish = async (record: RunRecord) => ({ runId: `run${runs.push(record)}` }),
  more: Partial<MonitorDependencies> = {},
) {
  const labels = new LabelStore(folder);
  const process = createMonitorProcessor({
    loadModel: async () => model,
    publish,
    alerts: new AlertEngine({
      stateDir: folder,
      incidents: new IncidentStore(folder, () => {}),
      sinks: [async (alert) => void queued.push(alert)],
      logger: silent,
    }),
    rules: [],
    labels,
    history: new CheckHistory(folder, () => {}),
    settings: resolveConfig().monitor,
    confine: async (path) => path,
    reports: createReportFiles({ stateDir: folder, dataDir: "", filesKept: 1_000 }),
    latestPredictions: async (model) => Promise.reject(new Error(`nobody asked for those of ${model}`)),
    exclusively: (_model, work) => work(() => {}),
    ...more,
  });
  const context = (jobId: string) => ({
    jobId,
    addedAt: 1,
    signal: new AbortController().signal,
    logger: silent,
    progress: async () => {},
  });
  return {
    labels,
    check: (job: MonitorJobInput, jobId = "job1") => process(monitorJobSchema.parse(job), context(jobId)),
  };
}

async function write(name: string, lines: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** `wrong` of 100 rows are labelled against the model. */
const labelled = (wrong: number, name = "rows.csv") =>
  write(name, [
    "tweet_id,text,inbound",
    ...Array.from({ length: 100 }, (_, i) => {
      const good = i % 2 === 0;
      const label = i < wrong ? !good : good;
      return `${i},${good ? "good" : "bad"} @someone <b>,${label}`;
    }),
  ]);

describe("the report that a job names", () => {
  const silentRun = { loadModel: async () => Promise.reject(new Error("the work began")) };

  it.each<[string, (rows: string) => Promise<string>, string]>([
    ["is the job's rows", async (rows) => rows, "OUTPUT_UNWRITABLE"],
    [
      "is a hard link of the job's rows",
      async (rows) => {
        await link(rows, join(folder, "same.html"));
        return join(folder, "same.html");
      },
      "OUTPUT_UNWRITABLE",
    ],
    [
      "is a link to source code",
      async () => {
        await symlink(await write("main.ts", ["export {}"]), join(folder, "link.html"));
        return join(folder, "link.html");
      },
      "OUTPUT_UNWRITABLE",
    ],
    ["is source code", () => write("main.ts", ["export {}"]), "OUTPUT_UNWRITABLE"],
    ["is in a folder that is not there", async () => join(folder, "no", "r.html"), "OUTPUT_UNWRITABLE"],
    ["has a name of 300 bytes", async () => join(folder, `${"n".repeat(295)}.html`), "OUTPUT_UNWRITABLE"],
    ["is a page that is there", () => write("page.html", ["mine"]), "OUTPUT_EXISTS"],
  ])("is refused before any work if it %s", async (_what, make, code) => {
    const rows = await labelled(10);
    const report = await make(rows);
    const before = await readFile(rows, "utf8");
    const check = processor(undefined, silentRun).check({ input: { path: rows }, report });
    await expect(check).rejects.toMatchObject({ code });
    expect(await readFile(rows, "utf8")).toBe(before);
  });

  it("is refused if it is the predictions or the labels, also with force", async () => {
    const predictions = await labelled(10, "predictions.html");
    const { check } = processor(undefined, silentRun);
    await expect(check({ predictions, report: predictions, force: true })).rejects.toThrow(/is the input/);
    const labels = await labelled(10, "labels.html");
    await expect(check({ predictions, labels, report: labels, force: true })).rejects.toThrow(/is the input/);
  });

  it("is refused if it is the latest predictions, which the job did not name", async () => {
    const predictions = await labelled(10, "latest.html");
    const { check } = processor(undefined, { ...silentRun, latestPredictions: async () => predictions });
    await expect(check({ report: predictions, force: true })).rejects.toThrow(/is the input/);
  });

  it("is replaced at each tick of a schedule, and by another job only with force", async () => {
    const { check } = processor();
    const job = { input: { path: await labelled(10) }, report: join(folder, "report.html") };
    await check(job, "repeat:nightly:1767225600000");
    const first = await readFile(job.report, "utf8");
    const later = { ...job, input: { path: await labelled(60, "later.csv") } };
    await check(later, "repeat:nightly:1767312000000");
    expect(await readFile(job.report, "utf8")).not.toBe(first);
    await expect(check(job, "monitor-1")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await expect(check(job, "repeat:hourly:1767312000000")).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(await check({ ...job, force: true }, "monitor-1")).toMatchObject({ report: job.report });
  });

  it("is written once if it comes to be there while the check runs", async () => {
    const report = join(folder, "report.html");
    const { check } = processor(undefined, {
      loadModel: async () => {
        await writeFile(report, "mine");
        return model;
      },
    });
    await expect(check({ input: { path: await labelled(10) }, report })).rejects.toMatchObject({
      code: "OUTPUT_EXISTS",
    });
    expect(await readFile(report, "utf8")).toBe("mine");
  });
});

describe("a check of a labelled file", () => {
  it("gives metrics, verdict, report and a run", async () => {
    const result = await processor().check({ input: { path: await labelled(10) } });
    expect(result).toMatchObject({ ok: true, verdict: "pass", n: 100, rows: 100, runId: "run1", alerts: [] });
    expect(result.metrics).toMatchObject({ accuracy_score: 0.9, precision_score: 0.9, recall_score: 0.9 });
    expect(result.driftAbsent).toMatch(/no reference profile/);
    expect(runs[0]!.metrics).toContainEqual({ key: "accuracy_score", value: 0.9 });
    const report = await readFile(result.report!, "utf8");
    expect(report).toContain("All checks pass");
    expect(report).toContain("good [handle] &lt;b&gt;");
    expect(report).not.toMatch(/@someone|<b> ?</);
    expect(report).not.toMatch(/<script|src=|href=/);
  });

  it("says how many texts the model knows no word of, and warns above half of them", async () => {
    const profile = { ...PROFILE, rows: 100 };
    const { check } = processor(undefined, { loadModel: async () => ({ ...model, profile }) });
    const half = await check({ input: { path: await labelled(10) } });
    expect(half.withoutKnownWords).toEqual({ rows: 50 });
    expect(half.warnings).not.toContainEqual(expect.stringMatching(/each gets the same answer/));
    const path = await write("es.csv", ["text,inbound", "bueno,True", "mal,False", "good,True"]);
    const most = await check({ input: { path } }, "job2");
    expect(most.withoutKnownWords).toEqual({ rows: 2 });
    expect(most.warnings).toContainEqual(
      expect.stringMatching(/2 of 3; each gets the same answer: is it the/),
    );
    const { withoutKnownWords } = await processor().check({ input: { path } }, "job3");
    expect(withoutKnownWords).toBeUndefined();
  });

  it("alerts once per incident, and reports its end", async () => {
    const { check } = processor();
    const low = { input: { path: await labelled(60) } };
    const first = await check(low, "a");
    expect(first).toMatchObject({ ok: false, verdict: "fail" });
    expect(first.alerts).toMatchObject([{ rule: "quality", status: "firing", severity: "critical" }]);
    const second = await check(low, "b");
    expect(second.alerts).toEqual([]);
    expect(second.openIncidents).toEqual([first.alerts[0]!.id]);
    const third = await check({ input: { path: await labelled(5, "better.csv") } }, "c");
    expect(third.alerts).toMatchObject([{ status: "recovered", id: first.alerts[0]!.id }]);
    expect(queued.map(({ status }) => status)).toEqual(["firing", "recovered"]);
    const store = new IncidentStore(folder, () => {});
    expect(await store.list({ open: true })).toEqual([]);
    expect(await store.acknowledge(first.alerts[0]!.id, "ana")).toMatchObject({
      acknowledged: { by: "ana" },
    });
    await expect(store.acknowledge("none", "ana")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  it("counts a check that is repeated once, and gives the closed loop the same again", async () => {
    const rules = alertRulesSchema.parse([
      { name: "low", metric: "accuracy_score", comparison: "<", threshold: 0.7, consecutive: 2 },
    ]);
    const seen: { alerts: string[]; open: string[] }[] = [];
    let fails = true;
    const { check } = processor(undefined, {
      rules,
      async afterCheck({ result, open }) {
        seen.push({
          alerts: result.alerts.map(({ rule, status }) => `${rule} ${status}`),
          open: open.map(({ rule }) => rule),
        });
        if (fails) throw new Error("the worker was killed here");
        return [];
      },
    });
    const low = { input: { path: await labelled(60) } };
    await expect(check(low, "a")).rejects.toThrow(/killed/);
    await expect(check(low, "a")).rejects.toThrow(/killed/);
    fails = false;
    await check(low, "a");
    expect(queued.map(({ rule }) => rule)).toEqual(["quality"]);
    await check(low, "b");
    expect(queued.map(({ rule }) => rule)).toEqual(["quality", "low"]);
    expect(seen.map(({ open }) => open)).toEqual([["quality"], ["quality"], ["quality"], ["quality", "low"]]);
    expect(seen.map(({ alerts }) => alerts)).toEqual([
      ["quality firing"],
      ["quality firing"],
      ["quality firing"],
      ["low firing"],
    ]);
  });

  it("holds a rule only against the model it names", async () => {
    const rule = { metric: "accuracy_score", comparison: "<", threshold: 0.7 };
    const rules = alertRulesSchema.parse([
      { name: "other", model: "another_model", ...rule },
      { name: "this", model: "modelo_nuevo", ...rule },
    ]);
    const { check } = processor(undefined, { rules });
    await check({ input: { path: await labelled(60) } });
    expect(queued.map((alert) => alert.rule)).toEqual(["quality", "this"]);
  });

  it("loses nothing when MLflow is away", async () => {
    const { check } = processor(() => Promise.reject(new ColaError("MLFLOW_UNREACHABLE", "no answer")));
    const result = await check({ input: { path: await labelled(60) } });
    expect(result.runId).toBeUndefined();
    expect(result.warnings).toContainEqual(expect.stringMatching(/MLflow.*no answer/));
    expect(queued).toHaveLength(1);
  });

  it("gives no verdict on a few rows, and one class only leaves the area out", async () => {
    const path = await write("few.csv", ["tweet_id,text,inbound", "1,good,True", "2,good,True"]);
    const result = await processor().check({ input: { path } });
    expect(result).toMatchObject({ ok: true, verdict: "no verdict" });
    expect(result.metrics.absent).toMatchObject({ roc_auc: 'no labelled row is "False"' });
    expect(result.metrics).not.toHaveProperty("roc_auc");
  });

  it("does without labels, unless their column was named", async () => {
    const path = await write("texts.csv", ["tweet_id,text", "1,good", "2,bad"]);
    expect(await processor().check({ input: { path } })).toMatchObject({
      n: 0,
      rows: 2,
      verdict: "no verdict",
    });
    await expect(processor().check({ input: { path }, columns: { label: "inbound" } })).rejects.toMatchObject(
      {
        code: "COLUMN_NOT_FOUND",
      },
    );
  });

  it("names labels that are not a class of the model, and counts them as wrong", async () => {
    const path = await write("foreign.csv", ["tweet_id,text,inbound", "1,good,maybe", "2,bad,False"]);
    const result = await processor().check({ input: { path } });
    expect(result).toMatchObject({ n: 2, metrics: { accuracy_score: 0.5 } });
    expect(result.warnings).toContainEqual(expect.stringMatching(/1 of 2 .*"maybe".*False, True/));
  });

  it.each([
    ["an empty window", ["tweet_id,text,inbound"], "INPUT_EMPTY"],
    ["only rows without text", ["tweet_id,text,inbound", "1,,True"], "INPUT_EMPTY"],
    ["no text column", ["tweet_id,body", "1,x"], "COLUMN_NOT_FOUND"],
  ])("refuses %s", async (_, lines, code) => {
    const path = await write("bad.csv", lines);
    await expect(processor().check({ input: { path } })).rejects.toMatchObject({ code });
  });
});

describe("a check of finished predictions", () => {
  const predictions = (version = "3") =>
    write("out.csv", [
      "id,label,probability_False,probability_True,model_version",
      ...Array.from({ length: 60 }, (_, i) => `${i},${i % 2 ? "True,0.1,0.9" : "False,0.8,0.2"},${version}`),
    ]);

  it("joins labels by id, in any order, and counts those of unknown ids", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `${59 - i},${(59 - i) % 2 === 1}`);
    const labels = await write("labels.csv", ["tweet_id,inbound", ...ids, ...ids, "999,True"]);
    const result = await processor().check({ predictions: await predictions(), labels });
    expect(result).toMatchObject({
      n: 60,
      labels: { matched: 60, unlabelled: 0, unknown: { count: 1, first: ["999"] } },
    });
    expect(result.metrics.accuracy_score).toBe(1);
  });

  it("takes labels that came late", async () => {
    const { check, labels } = processor();
    const path = await predictions();
    expect((await check({ predictions: path }, "before")).n).toBe(0);
    await labels.add(
      "modelo_nuevo",
      (async function* () {
        yield [
          { id: "1", label: "True" },
          { id: "2", label: "True" },
        ];
      })(),
    );
    const result = await check({ predictions: path }, "after");
    expect(result).toMatchObject({ n: 2, labels: { matched: 2, unlabelled: 58 } });
    expect(result.metrics.accuracy_score).toBe(0.5);
  });

  it("refuses predictions of another version or of other classes", async () => {
    await expect(
      processor().check({ predictions: await predictions("2"), model: "models:/modelo_nuevo/3" }),
    ).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    const other = await write("other.csv", [
      "id,label,probability_a,probability_b,model_version",
      "1,a,0.5,0.5,3",
    ]);
    await expect(processor().check({ predictions: other })).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
  });
});
