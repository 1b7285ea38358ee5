import { ensembleFromXgboostJson, ensembleToXgboostJson } from "@colaml/shared/learning/model/ensemble-json";
import { createExplainer } from "@colaml/shared/learning/model/explainer";
import { createTreeScorer } from "@colaml/shared/learning/model/tree-scorer";
import { treesFromJson } from "@colaml/shared/learning/model/xgboost-json";
import { FIXTURES, modelFixture, rowOf } from "./model-fixture";

describe.each(FIXTURES)("a %s model in XGBoost's JSON format", (name) => {
  const fixture = modelFixture(name);
  const ensemble = treesFromJson(JSON.parse(fixture.model));
  const scorer = createTreeScorer(ensemble);

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
    expect(ensembleToXgboostJson(ensemble)).toBe(fixture.model);
  });

  it("is explained by the contributions XGBoost gives, which add up to the margin", () => {
    const explain = createExplainer(ensemble);
    fixture.contributions.forEach((expected, row) => {
      const groups = explain(rowOf(fixture, row));
      const margins = scorer.margins(rowOf(fixture, row), new Float32Array(ensemble.nGroups));
      groups.forEach(({ bias, byFeature }, k) => {
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
});

describe("a damaged model is refused", () => {
  type Json = { learner: { gradient_booster: { model: { trees: Record<string, number[]>[] } } } };
  const damaged = (change: (tree: Record<string, number[]>) => void) => {
    const json: Json = JSON.parse(modelFixture("binary").model);
    change(json.learner.gradient_booster.model.trees[2]!);
    return () => ensembleFromXgboostJson(JSON.stringify(json));
  };
  const refusal = (pattern: RegExp) =>
    expect.objectContaining({ code: "MODEL_CORRUPT", message: expect.stringMatching(pattern) });
  const cases: [string, (tree: Record<string, number[]>) => void, RegExp][] = [
    ["a child outside of its tree", (tree) => tree["left_children"]!.splice(0, 1, 9999), /tree 2 .*9999/],
    ["a cycle", (tree) => tree["right_children"]!.splice(0, 1, tree["left_children"]![0]!), /twice/],
    ["an unknown feature", (tree) => tree["split_indices"]!.splice(0, 1, 9), /feature/],
    ["a list that is too short", (tree) => tree["split_conditions"]!.pop(), /length/],
    [
      "a child that is not a whole number",
      (tree) => tree["left_children"]!.splice(0, 1, 1.5),
      /left_children/,
    ],
    ["a value beyond float32", (tree) => tree["split_conditions"]!.splice(0, 1, 1e300), /finite/],
    [
      "a leaf whose sums leave float32",
      (tree) => tree["split_conditions"]!.splice(-1, 1, 1e30),
      /leaf \d+ is beyond/,
    ],
    [
      "a child that 32 bits would make another one",
      (tree) => tree["left_children"]!.splice(0, 1, tree["left_children"]![0]! + 2 ** 32),
      /left_children/,
    ],
    [
      "a feature that 32 bits would make another one",
      (tree) => tree["split_indices"]!.splice(0, 1, tree["split_indices"]![0]! + 2 ** 32),
      /split_indices/,
    ],
    ["a side that is neither", (tree) => tree["default_left"]!.splice(0, 1, 256), /default_left/],
    ["splits by categories", (tree) => tree["split_type"]!.splice(0, 1, 1), /split_type.*categories/],
    ["a gain beyond float32", (tree) => tree["loss_changes"]!.splice(0, 1, 1e300), /finite/],
  ];
  it.each(cases)("for %s", (_, change, message) => {
    expect(damaged(change)).toThrow(refusal(message));
  });
  it("for the group of a tree that is not there", () => {
    const json = JSON.parse(modelFixture("binary").model) as {
      learner: { gradient_booster: { model: { tree_info: number[] } } };
    };
    json.learner.gradient_booster.model.tree_info.push(0);
    expect(() => ensembleFromXgboostJson(JSON.stringify(json))).toThrow(
      refusal(/tree_info names the groups of/),
    );
  });
  it.each([
    ["several targets in one tree", "num_target", "2", /num_target: several targets/],
    ["a number of classes that is no count", "num_class", "-5", /num_class: a count in digits/],
  ])("for %s", (_, name, value, message) => {
    const json = JSON.parse(modelFixture("binary").model) as { learner: { learner_model_param: object } };
    Object.assign(json.learner.learner_model_param, { [name]: value });
    expect(() => ensembleFromXgboostJson(JSON.stringify(json))).toThrow(refusal(message));
  });
  it("for text that is not JSON, and for another objective", () => {
    expect(() => ensembleFromXgboostJson("{")).toThrow(refusal(/JSON/));
    const other = modelFixture("binary").model.replace("binary:logistic", "rank:pairwise");
    expect(() => ensembleFromXgboostJson(other)).toThrow(refusal(/objective/));
  });
});
