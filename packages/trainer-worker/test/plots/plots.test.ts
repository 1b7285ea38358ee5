import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import { confusionMatrixPlot } from "@colaml/trainer-worker/plots/confusion-matrix-plot";
import {
  calibrationCurvePlot,
  precisionRecallCurvePlot,
  rocCurvePlot,
} from "@colaml/trainer-worker/plots/curve-plots";
import { featureImportance } from "@colaml/trainer-worker/plots/feature-importance";
import { featureImportancePlot } from "@colaml/trainer-worker/plots/feature-importance-plot";
import { metricPerIterationPlot } from "@colaml/trainer-worker/plots/metric-per-iteration-plot";
import { pointsByTenth } from "@colaml/trainer-worker/plots/points-by-tenth";

const curve = [
  {
    name: "True",
    points: [
      { x: 0, y: 0 },
      { x: 0.2, y: 0.7 },
      { x: 1, y: 1 },
    ],
    area: 0.8,
  },
];
const stump: TreeEnsemble = {
  objective: "binary:logistic",
  nFeatures: 3,
  nGroups: 1,
  baseMargin: 0,
  trees: [
    {
      group: 0,
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(1, 0, 0),
      value: Float32Array.of(0.5, -1, 1),
      defaultLeft: Uint8Array.of(1, 0, 0),
      gain: Float32Array.of(8, 0, 0),
      cover: Float32Array.of(10, 5, 5),
    },
    {
      group: 0,
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(2, 0, 0),
      value: Float32Array.of(0.5, -1, 1),
      defaultLeft: Uint8Array.of(1, 0, 0),
      gain: Float32Array.of(2, 0, 0),
      cover: Float32Array.of(10, 5, 5),
    },
  ],
};

const documents: [string, () => string, string[]][] = [
  [
    "the confusion matrix",
    () =>
      confusionMatrixPlot(
        ["False", "True"],
        [
          [90, 10],
          [20, 80],
        ],
        "test",
      ),
    ["Predicted", "Actual", "90.0%", "200 test rows"],
  ],
  [
    "the ROC curve",
    () => rocCurvePlot(curve, 200, "test"),
    ["False positive rate", "True positive rate", "True (AUC 0.8000)"],
  ],
  [
    "the precision-recall curve",
    () => precisionRecallCurvePlot(curve, 200, "test", 0.5),
    ["Recall", "Precision", "share of the class (0.500)"],
  ],
  [
    "the calibration curve",
    () => calibrationCurvePlot(curve, 200, "test"),
    ["perfectly calibrated", "Mean predicted probability"],
  ],
  [
    "the feature importance",
    () => featureImportancePlot(featureImportance(stump, ["a", "dm", "<b>"], ["no", "yes"])),
    ["dm", "80.0%", "&lt;b&gt;"],
  ],
  [
    "the metric per iteration",
    () => metricPerIterationPlot("log_loss", [{ name: "validation", values: [0.6, 0.5, 0.55] }], 2),
    ["Iteration", "best: 2", "log_loss per iteration"],
  ],
];

/** Every opened element is closed in order: what a strict XML parser checks of our few kinds of marks. */
function unclosedElements(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, empty] of svg.matchAll(/<(\/?)([a-z]+)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name!);
  }
  return open;
}

it("has points that are drawn by tenths of the probabilities, each with all of its rows", () => {
  const groups = [
    { rows: 1, meanProbability: 0.71, positives: 0 },
    { rows: 3, meanProbability: 0.75, positives: 3 },
    { rows: 2, meanProbability: 0.2, positives: 0 },
    { rows: 1, meanProbability: 1, positives: 1 },
  ];
  const points = pointsByTenth(groups);
  // (0.71 + 3 x 0.75) / 4 and 3 of 4
  expect(points.map(({ x }) => x)).toEqual([0.2, 0.74, 1]);
  expect(points.map(({ y }) => y)).toEqual([0, 0.75, 1]);
});

it("writes the names of many classes upright, so that they are told apart", () => {
  const classes = Array.from({ length: 12 }, (_, k) => `card_payment_${k}`);
  const counts = classes.map(() => classes.map(() => 1));
  const svg = confusionMatrixPlot(classes, counts, "test");
  // as a row and as a column each
  for (const name of classes) expect(svg.split(`>${name}<`)).toHaveLength(3);
  expect(svg.match(/rotate\(-90 /g)).toHaveLength(12 + 1);
});

describe("a plot", () => {
  it.each(documents)(
    "of %s is one well-formed SVG with its words in it, in light and dark",
    (_what, draw, words) => {
      const svg = draw();
      expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
      expect(unclosedElements(svg)).toEqual([]);
      for (const word of words) expect(svg).toContain(word);
      expect(svg).toContain("prefers-color-scheme:dark");
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    },
  );

  it("stays small with a point for each of 100,000 rows", () => {
    const points = Array.from({ length: 100_001 }, (_, i) => ({ x: i / 100_000, y: Math.sqrt(i / 100_000) }));
    expect(rocCurvePlot([{ name: "True", points }], 100_000, "test").length).toBeLessThan(40_000);
  });
});

describe("feature importance", () => {
  it("shares the gain among the words that split, most first, and leaves out the others", () => {
    expect(featureImportance(stump, ["a", "dm", "b"], ["no", "yes"])).toEqual([
      { term: "dm", gain: 0.8, splits: 1 },
      { term: "b", gain: 0.2, splits: 1 },
    ]);
  });

  it("shares the absolute weights of a linear model among its words, each with the class it speaks for most", () => {
    const linear: LinearEnsemble = {
      objective: "binary:logistic",
      nFeatures: 3,
      nGroups: 2,
      baseMargin: 0,
      bias: Float32Array.of(9, 9),
      weights: Float32Array.of(0.5, -1.5, 0, 0, 2, 4),
      rounds: 1,
    };
    const importance = featureImportance(linear, ["a", "dm", "b"], ["x", "y"]);
    expect(importance).toEqual([
      { term: "b", share: 0.75, weight: 4, class: "y" },
      { term: "a", share: 0.25, weight: -1.5, class: "y" },
    ]);
    const plot = featureImportancePlot(importance);
    expect(plot).toContain("a: 25.0%, weight -1.500 for y");
    expect(plot).toContain("2 of 2 words that have a weight");
  });
});
