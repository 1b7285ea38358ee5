import { profileOfReference } from "@colaml/monitor-worker/drift/drift-reference";
import { compareWithReference } from "@colaml/monitor-worker/drift/drift-result";
import { DriftWindow } from "@colaml/monitor-worker/drift/drift-window";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { sketchVocabulary } from "@colaml/shared/learning/text/vocabulary-sketch";
import { EMPTY, split } from "./invented-rows";

// Bins by hand: texts of up to 9, 10 to 19, 20 and more characters; no, less than half, half and more unknown tokens;
// scores below 0.5, and from there on.
const PROFILE: ReferenceProfile = {
  ...EMPTY,
  terms: { words: ["cat", "dog"], documentFrequency: [1, 1], designEffect: 2 },
  textLength: { edges: [10, 20], counts: [1, 1, 1], designEffect: 3 },
  outOfVocabulary: { edges: [0.01, 0.5], counts: [1, 1, 1], designEffect: 4 },
  score: { edges: [0.5], counts: [1, 1], designEffect: 5 },
  labels: { predicted: [1, 1], actual: [2, 2], designEffect: 6 },
};
/** The model knows "bird" too, which is not among its profiled words. */
const TERMS = ["cat", "dog", "bird"];
const counts = (values: Float64Array) => [...values];

describe("the counts of a window", () => {
  it("have each text in a bin of its length and of its share of unknown tokens, and each word once per text", () => {
    const window = new DriftWindow(PROFILE, TERMS, split);
    window.addText("cat cat x"); // 9 characters, 1 of 3 unknown
    window.addText("dog  bird!"); // 10 characters, 1 of 2 unknown
    window.addText("cat dog bird cat dog"); // 20 characters, none unknown
    window.addText(""); // counts as wholly unknown
    expect(window.counts.texts).toBe(4);
    expect(counts(window.counts.textLength)).toEqual([2, 1, 1]);
    expect(counts(window.counts.outOfVocabulary)).toEqual([1, 1, 2]);
    expect(counts(window.counts.documentFrequency)).toEqual([2, 2]);
    expect(window.counts.tokens).toEqual({ all: 10, outOfVocabulary: 2 });
    expect([window.counts.rows, window.counts.withoutKnownWords]).toEqual([0, 1]);
  });

  it("have the texts without a word of the model, unless they hold another term of it", () => {
    const window = new DriftWindow(PROFILE, TERMS, split, (text) => !text.includes("phrase"));
    for (const text of ["x y", "a phrase", "x bird", ""]) window.addText(text);
    expect(window.counts.withoutKnownWords).toBe(2);
  });

  it("have the probability of the second class of two, and of more classes that of the predicted one", () => {
    const two = new DriftWindow(PROFILE, TERMS, split);
    two.addPrediction(0, [0.9, 0.1]);
    two.addPrediction(1, [0.5, 0.5]);
    two.addPrediction(0, [0.6, 0.4]);
    expect(counts(two.counts.score)).toEqual([2, 1]);
    expect(counts(two.counts.predicted)).toEqual([2, 1]);
    expect([two.counts.rows, two.counts.texts]).toEqual([3, 0]);
    const three = new DriftWindow({ ...PROFILE, classes: ["a", "b", "c"] }, TERMS, split);
    three.addPrediction(0, [0.8, 0.1, 0.1]);
    three.addPrediction(2, [0.3, 0.3, 0.4]);
    expect(counts(three.counts.score)).toEqual([1, 1]);
    expect(counts(three.counts.predicted)).toEqual([1, 0, 1]);
  });

  it("have new words if the profile has the training's vocabulary to compare with, and only then", () => {
    const vocabulary = sketchVocabulary([[Buffer.from("cat"), 5]], 100);
    const window = new DriftWindow({ ...PROFILE, vocabulary }, TERMS, split);
    expect(new DriftWindow(PROFILE, TERMS, split).counts).not.toHaveProperty("newWords");
    for (let i = 0; i < 40; i++) window.addText(i % 2 === 0 ? "cat strike" : "cat");
    window.addPrediction(1, [0.2, 0.8]);
    const { newWords } = compareWithReference({ ...PROFILE, vocabulary }, window.counts, 0.01);
    expect(newWords).toEqual([expect.objectContaining({ word: "strike", currentShare: 0.5 })]);
    expect(compareWithReference(PROFILE, window.counts, 0.01)).not.toHaveProperty("newWords");
  });
});

it("rows to compare with take the place of the training's counts, and leave what their order says", () => {
  const window = new DriftWindow(PROFILE, TERMS, split);
  for (const text of ["cat", "cat dog x", "cat"]) window.addText(text);
  window.addPrediction(1, [0.2, 0.8]);
  const found = profileOfReference(PROFILE, { path: "/weeks.csv", counts: window.counts });
  expect(found).toEqual({
    ...PROFILE,
    rows: 1,
    terms: { words: ["cat", "dog"], documentFrequency: [3, 1], designEffect: 2 },
    textLength: { edges: [10, 20], counts: [3, 0, 0], designEffect: 3 },
    outOfVocabulary: { edges: [0.01, 0.5], counts: [2, 1, 0], designEffect: 4 },
    tokens: { all: 5, outOfVocabulary: 1 },
    score: { edges: [0.5], counts: [0, 1], designEffect: 5 },
    labels: { predicted: [0, 1], actual: [2, 2], designEffect: 6 },
  });
});
