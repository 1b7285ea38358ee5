import { areaErrorOf } from "@colaml/monitor-worker/quality/area-interval";
import { LabelTally } from "@colaml/monitor-worker/quality/label-tally";
import { QualitySegments } from "@colaml/monitor-worker/quality/quality-segments";
import type { QualityMetric } from "@colaml/shared/metrics/metric-table";
import expected from "../fixtures/drift.json";
import joins from "../fixtures/joins.json";

function tallyOf(rows: typeof expected.binary | typeof expected.multiclass, classes: string[]) {
  const tally = new LabelTally(classes.length);
  rows.actual.forEach((actual, i) => {
    tally.add(actual, rows.predicted[i]!, rows.probabilities[i]!);
  });
  return tally.quality(classes);
}

describe("realised quality", () => {
  it.each([
    ["binary", expected.binary, ["False", "True"]],
    ["multiclass", expected.multiclass, ["a", "b", "c"]],
  ] as const)("has scikit-learn's %s metrics", (_, rows, classes) => {
    const { metrics, confusion, n } = tallyOf(rows, [...classes]);
    expect(n).toBe(rows.actual.length);
    expect(confusion).toEqual(rows.confusion);
    for (const [name, value] of Object.entries(rows.metrics)) {
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, 9);
    }
  });

  it.each([
    ["binary", joins.foreign.binary],
    ["multiclass", joins.foreign.multiclass],
  ])("counts foreign labels as wrong, as scikit-learn does: %s", (_, rows) => {
    const { classes } = rows;
    const tally = new LabelTally(classes.length);
    rows.actual.forEach((actual, i) => {
      const predicted = classes.indexOf(rows.predicted[i]!);
      if (classes.includes(actual)) tally.add(classes.indexOf(actual), predicted, rows.probabilities[i]!);
      else tally.addForeign(predicted);
    });
    const { metrics, confusion, n, foreign, intervals } = tally.quality(classes);
    expect([n, foreign]).toEqual([rows.actual.length, rows.foreign]);
    expect(confusion).toEqual(rows.confusion);
    for (const [name, value] of Object.entries(rows.metrics)) {
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, 12);
    }
    for (const name of ["roc_auc", "log_loss"] as const) {
      expect(metrics).not.toHaveProperty(name);
      expect(metrics.absent![name]).toBe(
        `${foreign} labels are not a class of the model and have no probability`,
      );
    }
    expect(intervals.accuracy_score![0]).toBeLessThan(rows.metrics.accuracy_score);
  });

  it("has DeLong's interval of the area under the curve", () => {
    const [low, high] = tallyOf(expected.binary, ["False", "True"]).intervals.roc_auc!;
    expect(low).toBeCloseTo(expected.binary.rocAucInterval[0]!, 8);
    expect(high).toBeCloseTo(expected.binary.rocAucInterval[1]!, 8);
  });

  it("knows the error of an area by the classes' rows, as Hanley and McNeil's formula has it in numpy", () => {
    expect(areaErrorOf(0.85, { actual: [300, 200] })).toBeCloseTo(0.018687, 6);
    expect(areaErrorOf(0.85, { actual: [100, 150, 250] })).toBeCloseTo(0.019985, 6);
  });

  it("leaves out what one class cannot show, with the reason", () => {
    const tally = new LabelTally(2);
    tally.add(0, 0, [0.9, 0.1]);
    const { metrics } = tally.quality(["False", "True"]);
    expect(metrics.accuracy_score).toBe(1);
    expect(metrics).not.toHaveProperty("roc_auc");
    expect(metrics.absent).toMatchObject({
      roc_auc: 'no labelled row is "True"',
      precision_score: 'no row was predicted "True"',
    });
  });
});

describe("quality along the rows", () => {
  it("keeps at most 40 stretches and loses no row", () => {
    const segments = new QualitySegments();
    for (let i = 0; i < 100_000; i++) segments.add(i % 4 === 0 ? undefined : i % 2 === 0, 0.5);
    const sum = (name: "rows" | "labelled" | "correct") =>
      segments.segments.reduce((all, each) => all + each[name], 0);
    expect(segments.segments.length).toBeLessThanOrEqual(40);
    expect([sum("rows"), sum("labelled"), sum("correct")]).toEqual([100_000, 75_000, 25_000]);
  });
});
