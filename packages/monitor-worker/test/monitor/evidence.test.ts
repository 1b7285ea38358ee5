import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MonitoredModel } from "@colaml/monitor-worker/monitor/monitored-model";
import { type AlertRule, alertRulesSchema } from "@colaml/shared/contracts/alert-rules";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { sketchVocabulary } from "@colaml/shared/learning/text/vocabulary-sketch";
import { CheckHarness } from "./check-harness";

/** The model with what training stores: 1,000 held-out rows, half `good`, and a test that 9 of 10 rows passed. */
const profile: ReferenceProfile = {
  formatVersion: 2,
  rows: 1_000,
  blockRows: 50,
  order: { changes: 500, expectedChanges: 499.5, sortedByLabel: false },
  classes: ["False", "True"],
  terms: { words: ["good"], documentFrequency: [500], designEffect: 1 },
  textLength: { edges: [16], counts: [0, 1_000], designEffect: 1 },
  outOfVocabulary: { edges: [0.5], counts: [0, 1_000], designEffect: 1 },
  tokens: { all: 3_000, outOfVocabulary: 2_500 },
  score: { edges: [0.5], counts: [500, 500], designEffect: 1 },
  labels: { predicted: [500, 500], actual: [500, 500], designEffect: 1 },
  calibration: [
    [
      { rows: 500, meanProbability: 0.2, positives: 50 },
      { rows: 500, meanProbability: 0.9, positives: 450 },
    ],
  ],
  quality: {
    rows: 1_000,
    metrics: { accuracy_score: 0.9, precision_score: 0.9, recall_score: 0.9, f1_score: 0.9 },
    classes: { actual: [500, 500], predicted: [500, 500], correct: [450, 450] },
  },
  vocabulary: sketchVocabulary(
    [
      [Buffer.from("bad"), 500],
      [Buffer.from("@someone"), 900],
    ],
    1_000,
  ),
};
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
  profile,
};

const folder = mkdtempSync(join(tmpdir(), "evidence-"));
const opened: CheckHarness[] = [];
afterAll(() => {
  for (const harness of opened) harness.close();
  rmSync(folder, { recursive: true });
});

function open(more: { model?: MonitoredModel; rules?: AlertRule[] } = {}): CheckHarness {
  const harness = new CheckHarness(model.classifier.classes, { model, ...more });
  opened.push(harness);
  return harness;
}

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** `wrong` of 100 rows are labelled against the model. */
const labelled = (wrong: number, name = "rows.csv") =>
  write(name, [
    "tweet_id,text,inbound",
    ...Array.from({ length: 100 }, (_, i) => {
      const good = i % 2 === 0;
      return `${i},${good ? "good" : "bad"} @someone <b>,${i < wrong ? !good : good}`;
    }),
  ]);

describe("a check by evidence", () => {
  it("warns if chance may explain a value below its bound: no failure, no alert unless a rule asks", async () => {
    const rules = alertRulesSchema.parse([
      { name: "warned", metric: "warned_checks", comparison: ">", threshold: 0 },
    ]);
    // 83 of 100 rows right: below 0.85, but 0.9 is within what chance allows.
    const job = { input: { path: labelled(17) } };
    const result = await open().check(job);
    expect(result).toMatchObject({ ok: true, verdict: "warn", alerts: [] });
    expect(result.summary).toMatch(/warning, chance may explain it: .* is below 0\.8500 \(absolute drop/);
    expect(result.checks.some(({ status }) => status === "fail")).toBe(false);
    const asked = await open({ rules }).check(job, "asked");
    expect(asked.alerts).toMatchObject([{ rule: "warned", status: "firing" }]);
  });

  it("leaves an incident open if it only warns", async () => {
    const checks = open();
    await checks.check({ input: { path: labelled(60) } }, "a");
    const warned = await checks.check({ input: { path: labelled(17, "warned.csv") } }, "b");
    expect(warned).toMatchObject({ ok: true, alerts: [] });
    expect(warned.openIncidents).toHaveLength(1);
  });

  it("looks at the recall of a class that a threshold or a rule names", async () => {
    const job = { input: { path: labelled(40) } };
    const checked = await open().check({
      ...job,
      thresholds: { class_recall: { True: 0.95 } },
    });
    expect(checked.checks.filter(({ class: name }) => name === "True")).toMatchObject([
      { kind: "threshold", value: 0.6, bound: 0.95, status: "fail" },
      { kind: "absolute drop", bound: 0.85, status: "fail" },
      { kind: "relative drop", status: "fail" },
    ]);
    const rules = alertRulesSchema.parse([
      { name: "false-recall", metric: "class_recall/False", comparison: "<", threshold: 0.7 },
    ]);
    const watching = open({ rules });
    const watched = await watching.check(job, "b");
    expect(watched.checks.map(({ class: name }) => name)).toContain("False");
    expect(watching.alerts.map(({ rule }) => rule)).toContain("false-recall");
    expect(() => alertRulesSchema.parse([{ ...rules[0], metric: "class_recall/" }])).toThrow(
      /class_recall\/<class>/,
    );
  });

  it("says what to expect without labels under both assumptions, with the shares", async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `${i},${i % 4 === 0 ? "good" : "bad"} @someone <b>`);
    const path = write("texts.csv", ["tweet_id,text", ...texts]);
    const result = await open().check({ input: { path } });
    // 50 of 200 rows have 0.9: at 0.9 and 0.1 the likeliest share s has 0.1 + 0.8 s = 0.25.
    const [, ofTrue] = result.estimatedSharesShifted!.classShares;
    expect(ofTrue!.training).toBe(0.5);
    expect(ofTrue!.estimated).toBeCloseTo(0.1875, 4);
    expect(result.estimated!.accuracy_score).toBeCloseTo(0.9, 9);
    // Of those of class True 0.9 are found, as of the others: labels would say the same.
    expect(result.estimatedSharesShifted!.metrics.accuracy_score).toBeCloseTo(0.9, 4);
    expect(result.estimatedSharesShifted!.metrics.precision_score).toBeCloseTo(0.675, 4);
    expect(result.summary).toMatch(
      /^no labels for the 200 rows \(the file has no column "inbound"\); estimated accuracy 90\.0%/,
    );
  });

  it("names new words, and says what the profile of an older release lacks", async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `${i},good strike @someone <b>`);
    const path = write("new.csv", ["tweet_id,text", ...texts]);
    const result = await open().check({ input: { path } });
    expect(result.drift!.newWords!.map(({ word }) => word)).toEqual(["<b>", "strike"]);
    const { vocabulary, order, quality, ...old } = profile;
    const { classes, ...tested } = quality;
    const older = { ...model, profile: { ...old, quality: tested } };
    const without = await open({ model: older }).check({ input: { path } });
    expect([vocabulary, order, classes]).not.toContain(undefined);
    expect(without.drift!.newWords).toBeUndefined();
    expect(without.warnings).toContainEqual(
      "the reference profile of modelo_nuevo version 3 is of an older release and lacks the order of its rows, the test's rows of each class, the training's vocabulary: train again to have them",
    );
  });

  it("compares no fewer rows than the setting, and says so", async () => {
    const path = write("few.csv", ["tweet_id,text", ...Array.from({ length: 30 }, (_, i) => `${i},good`)]);
    const checks = open();
    const result = await checks.check({ input: { path } });
    expect(result.drift).toBeUndefined();
    expect(result.driftAbsent).toBe("only 30 rows: drift needs 50 (--drift-min-rows, COLAML_DRIFT_MIN_ROWS)");
    expect(result.summary).toContain(result.driftAbsent);
    expect((await checks.check({ input: { path }, driftMinRows: 30 }, "b")).drift).toBeDefined();
  });

  it("compares with a file of recent weeks instead of the training's rows", async () => {
    const rows = (n: number) =>
      Array.from({ length: n }, (_, i) => `${i},${i % 5 === 0 ? "good" : "bad"} @someone <b>`);
    const path = write("today.csv", ["tweet_id,text", ...rows(500)]);
    const reference = write("weeks.csv", ["tweet_id,text", ...rows(2_000)]);
    const checks = open();
    expect(await checks.check({ input: { path } }, "training")).toMatchObject({
      ok: false,
      drift: { level: "alert" },
    });
    const recent = await checks.check({ input: { path }, reference }, "recent");
    expect(recent).toMatchObject({
      ok: true,
      drift: { level: "none", reference: { path: reference, rows: 2_000 }, rows: 500 },
    });
  });

  it("compares predictions with earlier ones, of the same version only", async () => {
    const rows = (n: number, of: number) =>
      Array.from({ length: n }, (_, i) => (i % of === 0 ? `${i},True,0.1,0.9` : `${i},False,0.8,0.2`));
    const file = (name: string, lines: string[], version: string) =>
      write(name, [
        "id,label,probability_False,probability_True,model_version",
        ...lines.map((line) => `${line},${version}`),
      ]);
    const predictions = file("now.csv", rows(500, 5), "3");
    const reference = file("before.csv", rows(2_000, 5), "3");
    const checks = open();
    expect((await checks.check({ predictions }, "a")).drift!.level).toBe("alert");
    const compared = await checks.check({ predictions, reference }, "b");
    expect(compared.drift).toMatchObject({ level: "none", reference: { rows: 2_000 } });
    expect(compared.drift!.scores.map(({ statistic }) => statistic)).toEqual(["score", "predicted_label"]);
    const other = file("other.csv", rows(100, 5), "2");
    await expect(checks.check({ predictions, reference: other }, "c")).rejects.toMatchObject({
      code: "MODEL_MISMATCH",
    });
  });
});
