import { bestTrial, isFirstAsGood, standardError } from "@colaml/trainer-worker/tune/best-trial";

const trial = (number: number, accuracy_score: number) => ({
  number,
  settings: {},
  validation: { accuracy_score, log_loss: 1 - accuracy_score },
  validationRows: 900,
});

it("takes the best on all rows, the first of equals, and of log loss the least", () => {
  const onSample = { ...trial(3, 0.99), onSample: true as const };
  const outcomes = [trial(0, 0.8), trial(1, 0.9), trial(2, 0.9), onSample];
  expect(bestTrial(outcomes, "accuracy_score")?.number).toBe(1);
  expect(bestTrial(outcomes, "log_loss")?.number).toBe(1);
});

it("keeps the first trial if another leads by less than a standard error", () => {
  // sqrt(0.9 x 0.1 / 900)
  expect(standardError(trial(0, 0.9), "accuracy_score")).toBeCloseTo(0.01, 12);
  expect(isFirstAsGood(trial(0, 0.9), trial(1, 0.909), "accuracy_score")).toBe(true);
  expect(isFirstAsGood(trial(0, 0.9), trial(1, 0.911), "accuracy_score")).toBe(false);
  // log loss is not a share of rows
  expect(isFirstAsGood(trial(0, 0.9), trial(1, 0.909), "log_loss")).toBe(false);
});
