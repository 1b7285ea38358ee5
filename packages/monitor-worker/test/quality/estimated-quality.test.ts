import { createCalibrator } from "@colaml/monitor-worker/quality/calibrator";
import { EstimatedQuality } from "@colaml/monitor-worker/quality/estimated-quality";
import type { CalibrationBin } from "@colaml/shared/learning/model/reference-profile";
import type { QualityMetric } from "@colaml/shared/metrics/metric-table";
import cbpe from "../fixtures/cbpe.json";
import expected from "../fixtures/drift.json";
import shifted from "../fixtures/share-shift.json";

const binary = (bins: CalibrationBin[]) =>
  new EstimatedQuality({ calibration: [bins], classes: ["False", "True"], labels: { actual: [1, 1] } });

describe("estimated quality if the texts moved", () => {
  it("is the one of calibrated probabilities, as CBPE has it", () => {
    const estimated = binary(expected.estimated.bins);
    for (const score of expected.estimated.scores) estimated.add(score > 0.5 ? 1 : 0, [1 - score, score]);
    const metrics = estimated.metrics();
    for (const [name, value] of Object.entries(expected.estimated.metrics)) {
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, 9);
    }
  });

  describe("beside NannyML", () => {
    const estimated = binary(cbpe.bins);
    for (const score of cbpe.scores) estimated.add(score > 0.5 ? 1 : 0, [1 - score, score]);
    const metrics = estimated.metrics();

    it.each(Object.entries(cbpe.byDefinition))("has its %s of the same calibrated chances", (name, value) => {
      // Of the area: NannyML rounds to 5 decimals, we draw the curve in 10,000 steps.
      expect(metrics[name as QualityMetric]).toBeCloseTo(value, name === "roc_auc" ? 4 : 9);
    });

    it.each(Object.entries(cbpe.byNannyml))("is near its %s by its own calibration", (name, value) => {
      expect(Math.abs(metrics[name as QualityMetric]! - value)).toBeLessThan(0.015);
    });

    it("is near what the labels say, while the raw probabilities are far too sure", () => {
      const { accuracy_score, roc_auc } = cbpe.realised;
      expect(Math.abs(metrics.accuracy_score! - accuracy_score)).toBeLessThan(0.015);
      expect(Math.abs(metrics.roc_auc! - roc_auc)).toBeLessThan(0.015);
      const raw =
        cbpe.scores.reduce((sum, score) => sum + Math.max(score, 1 - score), 0) / cbpe.scores.length;
      expect(raw - accuracy_score).toBeGreaterThan(0.05);
    });
  });
});

describe.each([
  ["two classes", shifted.binary],
  ["three classes", shifted.multiclass],
] as const)("estimated quality of %s whose shares moved", (_, rows) => {
  const estimated = new EstimatedQuality({
    // The chances of the fixture are exact: nothing is left to calibrate.
    calibration: rows.training.length === 2 ? [[]] : rows.training.map(() => []),
    classes: rows.training.map((_share, k) => `class ${k}`),
    labels: { actual: rows.training.map((share) => Math.round(10_000 * share)) },
  });
  for (const [i, probabilities] of rows.probabilities.entries())
    estimated.add(rows.predicted[i]!, probabilities);
  const found = estimated.sharesShifted();

  it("finds the shares that scipy finds likeliest", () => {
    for (const [k, share] of rows.shares.entries()) {
      expect(found.classShares[k]!.estimated).toBeCloseTo(share, 3);
      expect(found.classShares[k]!.training).toBeCloseTo(rows.training[k]!, 12);
    }
    expect(found.rows).toBe(rows.predicted.length);
  });

  it("is what scikit-learn says of rows weighed by these chances, the area of all classes among it", () => {
    expect(estimated.metrics().accuracy_score).toBeCloseTo(rows.textsShifted.accuracy_score, 7);
    expect(estimated.metrics().roc_auc).toBeCloseTo(rows.textsShifted.roc_auc, 4);
    expect(found.metrics.accuracy_score).toBeCloseTo(rows.sharesShifted.accuracy_score, 3);
    expect(found.metrics.roc_auc).toBeCloseTo(rows.sharesShifted.roc_auc, 3);
  });

  it("is near what the labels say, which the other estimate is not", () => {
    const { accuracy_score } = rows.realised;
    expect(Math.abs(found.metrics.accuracy_score! - accuracy_score)).toBeLessThan(0.02);
    expect(Math.abs(estimated.metrics().accuracy_score! - accuracy_score)).toBeGreaterThan(0.035);
  });
});

describe("a calibration", () => {
  it("never gives a higher probability a lower chance", () => {
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
