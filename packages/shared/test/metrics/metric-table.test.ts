import { valueOfCounts } from "@colaml/shared/metrics/metric";
import {
  COUNT_METRICS,
  DECIDING_METRICS,
  isLowerBetter,
  METRICS,
  QUALITY_METRICS,
} from "@colaml/shared/metrics/metric-table";

const COUNTS = [
  { actual: [60, 40], predicted: [70, 30], most: [60, 30] },
  { actual: [10, 20, 30], predicted: [5, 25, 30], most: [5, 20, 30] },
  { actual: [0, 7, 5, 3], predicted: [2, 6, 0, 7], most: [0, 6, 0, 3] },
];

describe.each(COUNT_METRICS)("%s", (name) => {
  it.each(COUNTS)("is linear in the correct rows and rises with them: $actual", (counts) => {
    const { actual, predicted, most } = counts;
    const at = (share: number) =>
      valueOfCounts(METRICS[name], { actual, predicted, correct: most.map((rows) => rows * share) })!;
    expect(at(0.5)).toBeCloseTo((at(0) + at(1)) / 2, 12);
    expect(at(1)).toBeGreaterThan(at(0));
  });

  it("has no value without rows", () => {
    const none = [0, 0];
    expect(valueOfCounts(METRICS[name], { actual: none, predicted: none, correct: none })).toBeUndefined();
  });
});

it.each([...new Set([...QUALITY_METRICS, ...DECIDING_METRICS])])("%s is better if it is higher", (name) => {
  expect(isLowerBetter(name)).toBe(false);
});
