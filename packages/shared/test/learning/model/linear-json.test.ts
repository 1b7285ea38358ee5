import { ensembleFromXgboostJson, ensembleToXgboostJson } from "@colaml/shared/learning/model/ensemble-json";
import { createExplainer } from "@colaml/shared/learning/model/explainer";
import { linearFromJson } from "@colaml/shared/learning/model/linear-json";
import { createLinearScorer, oneAgainstRest } from "@colaml/shared/learning/model/linear-scorer";
import { modelFixture, rowOf } from "./model-fixture";

describe.each(["linear-binary", "linear-weighted", "linear-multiclass"])(
  "a %s model in XGBoost's JSON format",
  (name) => {
    const fixture = modelFixture(name);
    const ensemble = linearFromJson(JSON.parse(fixture.model));
    const scorer = createLinearScorer(ensemble);

    it("is scored as Python's XGBoost scores it", () => {
      const probabilities = new Float64Array(scorer.nClasses);
      const margins = new Float32Array(ensemble.nGroups);
      expect(fixture.predictions.length).toBe(fixture.labels.length);
      fixture.predictions.forEach((expected, row) => {
        scorer.probabilities(rowOf(fixture, row), probabilities);
        scorer.margins(rowOf(fixture, row), margins);
        const ours = scorer.nClasses === 2 ? [probabilities[1]!] : [...probabilities];
        [expected].flat().forEach((p, k) => {
          expect(Math.abs(ours[k]! - p)).toBeLessThan(1e-6);
        });
        [fixture.margins[row]!].flat().forEach((margin, k) => {
          expect(Math.abs(margins[k]! - margin)).toBeLessThan(2e-6);
        });
      });
    });

    it("is written as the bytes it was read from", () => {
      expect(ensembleToXgboostJson(ensembleFromXgboostJson(fixture.model))).toBe(fixture.model);
    });

    it("is explained by the contributions XGBoost gives, which add up to the margin", () => {
      const explain = createExplainer(ensemble);
      fixture.contributions.forEach((expected, row) => {
        const margins = scorer.margins(rowOf(fixture, row), new Float32Array(ensemble.nGroups));
        explain(rowOf(fixture, row)).forEach(({ bias, byFeature }, k) => {
          const wanted = (ensemble.nGroups === 1 ? expected : expected[k]) as number[];
          for (let feature = 0; feature < ensemble.nFeatures; feature++) {
            expect(Math.abs((byFeature.get(feature) ?? 0) - wanted[feature]!)).toBeLessThan(1e-5);
          }
          expect(Math.abs(bias - wanted.at(-1)!)).toBeLessThan(1e-5);
          const sum = [...byFeature.values()].reduce((total, step) => total + step, bias);
          expect(Math.abs(sum - margins[k]!)).toBeLessThan(1e-5);
        });
      });
    });
  },
);

it("keeps probabilities of classes that float32 holds no probability of", () => {
  const out = new Float64Array(3);
  oneAgainstRest([-200, -201, -300], out);
  expect(out[0]! + out[1]! + out[2]!).toBeCloseTo(1, 6);
  expect(out[0]! / out[1]!).toBeCloseTo(Math.E, 5);
});

describe("a damaged linear model is refused", () => {
  interface Json {
    learner: {
      gradient_booster: { model: { weights: unknown[] } };
      learner_model_param: Record<string, string>;
      objective: { name: string };
    };
  }
  const damaged = (change: (json: Json) => void) => {
    const json: Json = JSON.parse(modelFixture("linear-binary").model);
    change(json);
    return () => ensembleFromXgboostJson(JSON.stringify(json));
  };
  const refusal = (pattern: RegExp) =>
    expect.objectContaining({ code: "MODEL_CORRUPT", message: expect.stringMatching(pattern) });
  const weights = ({ learner }: Json) => learner.gradient_booster.model.weights;
  const cases: [string, (json: Json) => void, RegExp][] = [
    ["a weight too few", (json) => weights(json).pop(), /40 weights for 40 features/],
    ["a weight too many", (json) => weights(json).push(1), /42 weights/],
    ["a weight beyond float32", (json) => weights(json).splice(3, 1, 1e300), /weight 3 is not a finite/],
    ["a weight whose sums leave float32", (json) => weights(json).splice(3, 1, 1e30), /weight 3 is beyond/],
    ["a weight that is a text", (json) => weights(json).splice(3, 1, "1"), /weights/],
    ["a weight that is missing", (json) => weights(json).splice(3, 1, null), /weights/],
    [
      "groups that its weights do not fit",
      ({ learner }) => Object.assign(learner.learner_model_param, { num_target: "2" }),
      /41 weights for 40 features.*2 groups/,
    ],
    [
      "no groups",
      ({ learner }) => Object.assign(learner.learner_model_param, { num_target: "0" }),
      /0 groups/,
    ],
    [
      "half a feature",
      ({ learner }) => Object.assign(learner.learner_model_param, { num_feature: "39.5" }),
      /num_feature: a count in digits/,
    ],
    [
      "several classes in the place of several targets",
      ({ learner }) => Object.assign(learner.learner_model_param, { num_class: "2" }),
      /num_class: several classes are several targets/,
    ],
    [
      "a base score that is no probability",
      ({ learner }) => Object.assign(learner.learner_model_param, { base_score: "1" }),
      /base score/,
    ],
    [
      "another objective",
      ({ learner }) => Object.assign(learner.objective, { name: "reg:squarederror" }),
      /objective/,
    ],
  ];
  it.each(cases)("for %s", (_, change, message) => {
    expect(damaged(change)).toThrow(refusal(message));
  });
});
