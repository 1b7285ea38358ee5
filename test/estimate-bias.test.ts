import { EstimatedQuality } from "@colaml/monitor-worker/quality/estimated-quality";
import { normalQuantile } from "@colaml/monitor-worker/statistics/normal";
import { openRandom } from "@colaml/monitor-worker/statistics/random";
import type { CalibrationBin } from "@colaml/shared/learning/model/reference-profile";
import { calibrationBins } from "@colaml/trainer-worker/profile/calibration-bins";

const ROWS = 2_500;
const SEEDS = 20;

interface Row {
  actual: number;
  score: number;
}

/** Boosted scores as a few small steps leave them: in the right order, all of them close to each other. */
function drawRows(random: () => number): Row[] {
  return Array.from({ length: ROWS }, () => {
    const actual = random() < 0.5 ? 1 : 0;
    const x = (actual - 0.5) * 2.2 + normalQuantile(random());
    return { actual, score: 1 / (1 + Math.exp(-0.35 * x)) };
  });
}

/** As the release before stored it: ten equal bins of probability. */
function tenBins(rows: readonly Row[]): CalibrationBin[] {
  return Array.from({ length: 10 }, (_, bin) => {
    const some = rows.filter(({ score }) => Math.min(9, Math.floor(score * 10)) === bin);
    const sum = some.reduce((total, { score }) => total + score, 0);
    const positives = some.filter(({ actual }) => actual === 1).length;
    return { rows: some.length, meanProbability: some.length > 0 ? sum / some.length : 0, positives };
  });
}

function hundredGroups(rows: readonly Row[]): CalibrationBin[] {
  const probabilities = Float64Array.from(rows.flatMap(({ score }) => [1 - score, score]));
  const actual = rows.map((row) => row.actual);
  return calibrationBins(probabilities, actual, 2)[0]!;
}

function areaOf(rows: readonly Row[]): number {
  const sorted = [...rows].sort((a, b) => a.score - b.score);
  let [below, wins] = [0, 0];
  for (const { actual } of sorted) {
    if (actual === 0) below++;
    else wins += below;
  }
  return wins / (below * (rows.length - below));
}

/** Estimated less realised on the rows that it was calibrated on, on average over the seeds. */
function biasOf(binsOf: (rows: readonly Row[]) => CalibrationBin[]) {
  let [accuracy, area] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rows = drawRows(openRandom(seed));
    const positives = rows.filter(({ actual }) => actual === 1).length;
    const estimated = new EstimatedQuality({
      calibration: [binsOf(rows)],
      classes: ["False", "True"],
      labels: { actual: [ROWS - positives, positives] },
    });
    for (const { score } of rows) estimated.add(score > 0.5 ? 1 : 0, [1 - score, score]);
    const { accuracy_score, roc_auc } = estimated.metrics();
    const right = rows.filter(({ actual, score }) => (score > 0.5 ? 1 : 0) === actual).length;
    accuracy += (accuracy_score! - right / ROWS) / SEEDS;
    area += (roc_auc! - areaOf(rows)) / SEEDS;
  }
  return { accuracy, area };
}

describe("the estimate without labels, on the rows that it was calibrated on", () => {
  it("is right with a hundred groups", () => {
    const { accuracy, area } = biasOf(hundredGroups);
    expect(Math.abs(accuracy)).toBeLessThan(0.005);
    expect(Math.abs(area)).toBeLessThan(0.01);
  });

  it("was biased with ten bins, which hold most of the rows in a few", () => {
    const { accuracy, area } = biasOf(tenBins);
    expect(accuracy).toBeLessThan(-0.01);
    expect(area).toBeLessThan(-0.01);
  });
});
