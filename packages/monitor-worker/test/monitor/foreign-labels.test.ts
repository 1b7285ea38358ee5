import { readFile } from "node:fs/promises";
import { CheckHarness } from "./check-harness";

let harness: CheckHarness;
beforeEach(() => {
  harness = new CheckHarness(["0", "1"]);
});
afterEach(() => harness.close());

/** A file of rows that say what is predicted and how they are labelled. */
const fileOf = (rows: readonly (readonly [predicted: string, label: string])[]) => ({
  input: {
    path: harness.write("rows.csv", [
      "id,text,label",
      ...rows.map(([predicted, label], i) => `${i},${predicted} ${i} from ana@example.com,${label}`),
    ]),
  },
});

describe("labels that are not a class of the model", () => {
  it("count as wrong and are reported: 160 right rows of 400 are 40%, not 100%", async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => [`${i % 2}`, i < 160 ? `${i % 2}` : "unknown"] as const,
    );
    const result = await harness.check(fileOf(rows));
    expect(result).toMatchObject({
      ok: false,
      verdict: "fail",
      n: 400,
      metrics: { accuracy_score: 0.4 },
      foreignLabels: { rows: 240, first: [{ label: "unknown" }] },
    });
    expect(result.summary).toContain("240 of 400 labels are not a class of the model and count as wrong");
    expect(result.warnings).toEqual([expect.stringMatching(/^240 of 400 .*"unknown"; its classes: 0, 1$/)]);
    expect(result.metrics.absent).toMatchObject({
      log_loss: "240 labels are not a class of the model and have no probability",
      roc_auc: "240 labels are not a class of the model and have no probability",
    });
    expect(harness.runs[0]!.metrics).toContainEqual({ key: "foreign_label_rows", value: 240 });
    expect(harness.runs[0]!.metrics).toContainEqual({ key: "foreign_label_share", value: 0.6 });
    const report = await readFile(result.report!, "utf8");
    expect(report).toContain("240 not a class of the model");
    expect(report).toContain(
      '<tr><th>not a class of the model</th><td class="n">120</td><td class="n">120</td></tr>',
    );
  });

  it("fail the check if all of them are, and name the spelling that may be meant", async () => {
    const rows = Array.from({ length: 500 }, (_, i) => [`${i % 2}`, `${i % 2}.0`] as const);
    const result = await harness.check(fileOf(rows));
    expect(result).toMatchObject({ ok: false, verdict: "fail", n: 500, metrics: { accuracy_score: 0 } });
    expect(result.summary).toContain(
      'no label is a class of the model, spelling may be why: "0.0" (perhaps "0"), "1.0" (perhaps "1")',
    );
    expect(harness.alerts).toMatchObject([{ rule: "quality", status: "firing" }]);
  });

  it("fail it also if the rows are too few for a verdict, or no bound is set", async () => {
    const result = await harness.check({ ...fileOf([["0", "zero"]]), thresholds: {} });
    expect(result).toMatchObject({ ok: false, verdict: "fail", n: 1, checks: [] });
    expect(harness.alerts).toMatchObject([{ rule: "quality", status: "firing", value: 0 }]);
  });

  it("count among the rows that a verdict needs", async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ["1", i < 45 ? "1" : "2"] as const);
    const result = await harness.check({ ...fileOf(rows), thresholds: { accuracy_score: 0.89 } });
    expect(result).toMatchObject({ verdict: "pass", checks: [{ n: 50, value: 0.9 }] });
  });

  it("are not what training takes for a missing label, unless the dataset says so", async () => {
    const { input } = fileOf([
      ["0", "0"],
      ["1", "nan"],
      ["1", "NULL"],
      ["1", "N/A"],
      ["1", ""],
    ]);
    expect(await harness.check({ input })).toMatchObject({ rows: 5, n: 1, foreignLabels: { rows: 0 } });
    const asWritten = { ...input, missingValues: "empty" as const };
    expect(await harness.check({ input: asWritten })).toMatchObject({ n: 4, foreignLabels: { rows: 3 } });
  });

  it("count as wrong if they came late", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ id: `t${i}`, predicted: "1" }));
    const labels = harness.labelFile(rows.map(({ id }, i) => [id, i < 30 ? "1" : "yes"]));
    const result = await harness.check({ predictions: harness.predictions(rows), labels });
    expect(result).toMatchObject({ n: 60, metrics: { accuracy_score: 0.5 }, foreignLabels: { rows: 30 } });
  });

  it("are shown masked and cut: the column may hold customers' texts", async () => {
    const text = `write me at ana@example.com or call +34 600 123 456 ${"because ".repeat(20)}`;
    const result = await harness.check(
      fileOf([
        ["0", "0"],
        ["1", text],
      ]),
    );
    const [{ label }] = result.foreignLabels!.first as [{ label: string }];
    expect(label).toBe("write me at [e-mail] or call [number] be…");
    const written = JSON.stringify([result.warnings, result.summary, harness.warned, harness.runs[0]!.tags]);
    expect(written + (await readFile(result.report!, "utf8"))).not.toMatch(/ana@|600 123/);
  });
});
