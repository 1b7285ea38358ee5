import { createCalibrator, EstimatedQuality } from "@colaml/monitor-worker/quality/estimated-quality";
import { LabelTally } from "@colaml/monitor-worker/quality/label-tally";
import { checkQuality, verdictOf } from "@colaml/monitor-worker/quality/quality-checks";
import { QualitySegments } from "@colaml/monitor-worker/quality/quality-segments";
import type { QualityMetric } from "@colaml/shared/jobs/monitor";
import cbpe from "../fixtures/cbpe.json";
import expected from "../fixtures/drift.json";
import joins from "../fixtures/joins.json";

function tallyOf(rows: typeof expected.binary | typeof expected.multiclass, classes: string[]) {
  const tally = new LabelTally(classes.length);
  rows.actual.forEach((actual, i) => {
    tally.add(actual, rows.predicted[i]!, rows.probabilities[i]!);
  });
  return tally.quality(classes);
}

/** A tally with so many rows right and wrong, both classes among them. */
function accuracyOf(right: number, wrong: number) {
  const tally = new LabelTally(2);
  for (let i = 0; i < right + wrong; i++) tally.add(i % 2, i < right ? i % 2 : 1 - (i % 2), [0.5, 0.5]);
  return tally.quality(["False", "True"]);
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

  it("leaves out what one class alone cannot say, with the reason", () => {
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

describe("quality checks", () => {
  const bounds = { thresholds: { accuracy_score: 0.8 }, drop: {}, minRows: 50 };

  it("fails below a threshold, sure only where chance is excluded", () => {
    expect(checkQuality(accuracyOf(780, 220), bounds)[0]).toMatchObject({ status: "fail", sure: false });
    expect(checkQuality(accuracyOf(500, 500), bounds)[0]).toMatchObject({ status: "fail", sure: true });
    expect(checkQuality(accuracyOf(900, 100), bounds)[0]).toMatchObject({ status: "pass" });
  });

  it("gives no verdict where too few rows speak, and says so", () => {
    const [check] = checkQuality(accuracyOf(10, 30), bounds);
    expect(check).toMatchObject({ status: "no verdict", n: 40 });
    expect(check!.reason).toMatch(/40 rows.*50/);
    expect(verdictOf([check!])).toBe("no verdict");
  });

  it("holds against the training's test metrics one-sidedly: better never fails", () => {
    const drops = {
      thresholds: {},
      drop: { absolute: 0.05, relative: 0.1 },
      minRows: 50,
      reference: { accuracy_score: 0.8 },
    };
    const [absolute, relative] = checkQuality(accuracyOf(740, 260), drops);
    expect(absolute).toMatchObject({ kind: "absolute drop", status: "fail", bound: 0.75 });
    expect(relative).toMatchObject({ kind: "relative drop", status: "pass" });
    for (const check of checkQuality(accuracyOf(1_000, 0), drops)) expect(check.status).toBe("pass");
  });
});

describe("estimated quality", () => {
  it("is the one of calibrated probabilities, as CBPE has it", () => {
    const estimated = new EstimatedQuality([expected.estimated.bins], 2);
    for (const score of expected.estimated.scores) estimated.add(score > 0.5 ? 1 : 0, [1 - score, score]);
    const metrics = estimated.metrics();
    for (const [name, value] of Object.entries(expected.estimated.metrics)) {
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, 9);
    }
  });

  describe("beside NannyML", () => {
    const estimated = new EstimatedQuality([cbpe.bins], 2);
    for (const score of cbpe.scores) estimated.add(score > 0.5 ? 1 : 0, [1 - score, score]);
    const metrics = estimated.metrics();

    it.each(Object.entries(cbpe.byDefinition))("has its %s of the same calibrated chances", (name, value) => {
      // Of the area: NannyML rounds to 5 decimals, we draw the curve in 10,000 steps.
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, name === "roc_auc" ? 4 : 9);
    });

    it.each(Object.entries(cbpe.byNannyml))("is near its %s by its own calibration", (name, value) => {
      expect(Math.abs(metrics[name as QualityMetric]! - value)).toBeLessThan(0.015);
    });

    it("is near what the labels say, where the raw probabilities are far too sure", () => {
      const { accuracy_score, roc_auc } = cbpe.realised;
      expect(Math.abs(metrics.accuracy_score! - accuracy_score)).toBeLessThan(0.015);
      expect(Math.abs(metrics.roc_auc! - roc_auc)).toBeLessThan(0.015);
      const raw =
        cbpe.scores.reduce((sum, score) => sum + Math.max(score, 1 - score), 0) / cbpe.scores.length;
      expect(raw - accuracy_score).toBeGreaterThan(0.05);
    });
  });

  it("never calibrates a higher probability to a lower chance", () => {
    const calibrate = createCalibrator([
      { rows: 10, meanProbability: 0.2, positives: 5 },
      { rows: 10, meanProbability: 0.5, positives: 3 },
      { rows: 0, meanProbability: 0, positives: 0 },
      { rows: 10, meanProbability: 0.9, positives: 9 },
    ]);
    // The first two are pooled: 8 of 20 at a mean of 0.35.
    expect(calibrate(0.1)).toBeCloseTo(0.4, 12);
    expect(calibrate(0.35)).toBeCloseTo(0.4, 12);
    expect(calibrate(0.625)).toBeCloseTo(0.65, 12);
    expect(calibrate(1)).toBeCloseTo(0.9, 12);
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
