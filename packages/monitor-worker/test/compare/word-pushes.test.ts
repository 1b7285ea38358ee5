import { WordPushes } from "@colaml/monitor-worker/compare/word-pushes";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { featuresSchema } from "@colaml/shared/settings/features-settings";

/** A linear model of two words that each have the value 1 in a text that holds them. */
function linearBundle(bias: number, weights: [late: number, thanks: number]): ModelBundle {
  return {
    formatVersion: 2,
    classes: ["bad", "good"],
    columns: { text: "text", label: "label", id: "id" },
    features: featuresSchema.parse({ norm: "none", use_idf: false }),
    terms: ["late", "thanks"],
    idf: Float64Array.of(1, 1),
    ensemble: {
      objective: "binary:logistic",
      nFeatures: 2,
      nGroups: 1,
      baseMargin: 0,
      bias: Float32Array.of(bias),
      weights: Float32Array.from(weights),
      rounds: 1,
    },
  };
}

it("shares out what moved a label between linear models: the difference of weight times value, and of the biases", () => {
  const pushes = new WordPushes(linearBundle(0.5, [-2, 1]), linearBundle(1, [1, 0.5]));
  // From -0.5 to 2.5: late moves +3, thanks -0.5, the bias +0.5.
  pushes.add("late thanks", "bad", "good");
  const { words, elsewhere, explainedRows } = pushes.result();
  expect(explainedRows).toBe(1);
  expect(words.map(({ word, share }) => [word, share])).toEqual([
    ["late", expect.closeTo(1, 6)],
    ["thanks", expect.closeTo(-0.5 / 3, 6)],
  ]);
  expect(elsewhere).toBeCloseTo(0.5 / 3, 6);
});
