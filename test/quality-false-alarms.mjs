// How often the quality checks fail windows like the training's, and windows with some labels flipped. Rows are drawn
// from models whose classes are normals on a line, so no training is needed. A process of its own: jest's contexts
// make the many draws ten times slower.
// Arguments: trials a case, window sizes by comma, rows of the training's test by comma.
// Prints [{model, testRows, rows, failed, below, flipped}]: windows that fail, that have a value below its bound (what
// a check by values would fail), and, of 500 rows, that fail with 20% of the labels flipped.
import { checkQuality } from "@colaml/monitor-worker/quality/quality-checks";
import { normalQuantile } from "@colaml/monitor-worker/statistics/normal";
import { openRandom } from "@colaml/monitor-worker/statistics/random";

const [trials, sizes, testSizes] = process.argv.slice(2).map((list) => list.split(",").map(Number));
const FLIPPED = 0.2;
const FLIPPED_ROWS = 500;
const random = openRandom(7);

const MODELS = [
  { name: "even", shares: [0.5, 0.5], means: [0, 2.25] },
  { name: "skewed", shares: [0.87, 0.13], means: [0, 2] },
  { name: "weak", shares: [0.5, 0.5], means: [0, 1.35] },
  { name: "four classes", shares: [0.5, 0.25, 0.15, 0.1], means: [0, 1.8, 3.6, 5.4] },
];

function drawClass(shares) {
  let left = random();
  for (let k = 0; k < shares.length - 1; k++) {
    left -= shares[k];
    if (left < 0) return k;
  }
  return shares.length - 1;
}

/** Rows with what a model that knows the distributions says of them. */
function draw(n, { shares, means }, flipped) {
  return Array.from({ length: n }, () => {
    let actual = drawClass(shares);
    const x = means[actual] + normalQuantile(random());
    const joint = means.map((mean, k) => shares[k] * Math.exp(-0.5 * (x - mean) ** 2));
    const sum = joint.reduce((a, b) => a + b);
    const probabilities = joint.map((mass) => mass / sum);
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    if (random() < flipped)
      actual = (actual + 1 + Math.floor(random() * (shares.length - 1))) % shares.length;
    return { actual, predicted, probabilities };
  });
}

/** Area under the curve of one class against the rest, and DeLong's error: placements of a sorted list. */
function areaOf(rows, k) {
  const sorted = rows.map((row) => [row.probabilities[k], row.actual === k]).sort((a, b) => a[0] - b[0]);
  const positives = sorted.filter(([, positive]) => positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const ofPositives = [];
  const ofNegatives = [];
  let [below, passed] = [0, 0];
  for (const [, positive] of sorted) {
    if (positive) {
      ofPositives.push(below / negatives);
      passed++;
    } else {
      ofNegatives.push((positives - passed) / positives);
      below++;
    }
  }
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const area = mean(ofPositives);
  const variance = (values) =>
    values.reduce((sum, value) => sum + (value - area) ** 2, 0) / Math.max(1, values.length - 1);
  return { area, error: Math.sqrt(variance(ofPositives) / positives + variance(ofNegatives) / negatives) };
}

/** What `LabelTally` says of the rows, without its tables of a million steps. */
function realised(rows, nClasses) {
  const confusion = Array.from({ length: nClasses }, () => new Array(nClasses).fill(0));
  for (const { actual, predicted } of rows) confusion[actual][predicted]++;
  const ofClass = confusion.map((row) => row.reduce((a, b) => a + b));
  const which = nClasses === 2 ? [1] : ofClass.map((_, k) => k);
  const areas = which.map((k) => areaOf(rows, k));
  const weight = (k) => (nClasses === 2 ? 1 : ofClass[k] / rows.length);
  const sumOf = (name) => which.reduce((sum, k, i) => sum + weight(k) * areas[i][name], 0);
  const known = areas.every(Boolean);
  return {
    n: rows.length,
    metrics: known ? { roc_auc: sumOf("area") } : {},
    confusion,
    support: { roc_auc: Math.min(...ofClass) },
    intervals: {},
    ...(known ? { areaError: sumOf("error") } : {}),
  };
}

/** The settings as they are by default, after a training whose test had `testRows` rows. */
function boundsAfter(model, testRows) {
  const { metrics, confusion } = realised(draw(testRows, model, 0), model.shares.length);
  const columns = confusion.map((_, k) => confusion.reduce((sum, row) => sum + row[k], 0));
  return {
    thresholds: { accuracy_score: 0.75, precision_score: 0.7, recall_score: 0.7, f1_score: 0.7 },
    byDefault: { accuracy_score: "a", precision_score: "p", recall_score: "r", f1_score: "f" },
    drop: { absolute: 0.05, relative: 0.1 },
    defaultDrop: 0.05,
    classes: model.shares.map((_, k) => `${k}`),
    namedClasses: [],
    minRows: 50,
    falseAlarmRate: 0.01,
    test: {
      metrics,
      classes: {
        actual: confusion.map((row) => row.reduce((a, b) => a + b)),
        predicted: columns,
        correct: confusion.map((row, k) => row[k]),
      },
    },
  };
}

function measure(model, testRows, rows) {
  const found = { model: model.name, testRows, rows, failed: 0, below: 0, flipped: 0 };
  for (let trial = 0; trial < trials[0]; trial++) {
    const bounds = boundsAfter(model, testRows);
    const checksOf = (flipped) =>
      checkQuality(realised(draw(rows, model, flipped), model.shares.length), bounds);
    const checks = checksOf(0);
    if (checks.some(({ status }) => status === "fail")) found.failed++;
    if (checks.some(({ status }) => status === "fail" || status === "warn")) found.below++;
    if (rows !== FLIPPED_ROWS) continue;
    if (checksOf(FLIPPED).some(({ status }) => status === "fail")) found.flipped++;
  }
  return found;
}

const cases = MODELS.flatMap((model) =>
  testSizes.flatMap((testRows) => sizes.map((rows) => measure(model, testRows, rows))),
);
console.log(JSON.stringify(cases));
