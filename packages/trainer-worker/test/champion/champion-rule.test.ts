import type { ChampionSettings } from "@colaml/shared/jobs/train";
import {
  type ChampionEvidence,
  championVerdict,
  majorityClassDummy,
} from "@colaml/trainer-worker/champion/champion-rule";

const settings: ChampionSettings = { champion_threshold: 0.5, metric: "accuracy_score", rule: "better" };
const good: ChampionEvidence = { challenger: 0.9, accuracy: 0.9, dummy: 0.55 };
const against = (value: number): ChampionEvidence => ({ ...good, champion: { version: "3", value } });

describe("the champion rule", () => {
  it.each<[string, ChampionEvidence, Partial<ChampionSettings>, string, RegExp]>([
    ["a sound model without a champion", good, {}, "PROMOTE", /no champion/],
    ["a better model", against(0.85), {}, "PROMOTE", /0\.9000 against 0\.8500 of version 3/],
    ["an equal model", against(0.9), {}, "HOLD", /not better/],
    ["an equal model where equal will do", against(0.9), { rule: "not_worse" }, "PROMOTE", /0\.9000/],
    ["a worse model where equal will do", against(0.91), { rule: "not_worse" }, "HOLD", /not better/],
    [
      "a significantly better model",
      { ...against(0.85), mcnemarP: 0.01 },
      { rule: "significant" },
      "PROMOTE",
      /p 0\.0100/,
    ],
    [
      "a model that is better by chance",
      { ...against(0.89), mcnemarP: 0.05 },
      { rule: "significant" },
      "HOLD",
      /chance/,
    ],
    ["a model without p where p is asked", against(0.85), { rule: "significant" }, "HOLD", /unknown/],
    ["a model below the threshold", good, { champion_threshold: 0.95 }, "REJECT", /champion_threshold 0\.95/],
    ["a model exactly at the threshold", good, { champion_threshold: 0.9 }, "PROMOTE", /no champion/],
    ["a model no better than the majority class", { ...good, dummy: 0.9 }, {}, "REJECT", /majority class/],
    ["a broken model, however good", { ...good, broken: "sha256 differs" }, {}, "REJECT", /sha256 differs/],
    ["a model without the metric", { ...good, challenger: undefined }, {}, "REJECT", /could not be computed/],
    [
      "a model whose champion has other classes",
      { ...good, championUnscored: { version: "2", reason: "its classes are a, b" } },
      {},
      "HOLD",
      /could not be compared/,
    ],
    [
      "a champion without the metric",
      { ...good, champion: { version: "2", value: undefined } },
      {},
      "HOLD",
      /unknown/,
    ],
  ])("judges %s", (_what, evidence, changed, verdict, reason) => {
    const judged = championVerdict(evidence, { ...settings, ...changed });
    expect(judged.verdict).toBe(verdict);
    expect(judged.reason).toMatch(reason);
    expect(judged.reason).not.toMatch(/\n/);
  });
});

describe("the majority-class dummy", () => {
  // scikit-learn DummyClassifier("most_frequent") on 70 rows of class 0 and 30 of class 1:
  // accuracy 0.7, f1 0 (majority 0); on 30 and 70: f1 0.8235294117647058.
  it.each([
    [[70, 30], 0, "accuracy_score", 0.7],
    [[70, 30], 1, "accuracy_score", 0.3],
    [[70, 30], 0, "f1_score", 0],
    [[30, 70], 1, "f1_score", 0.8235294117647058],
    [[50, 30, 20], 0, "f1_score", 0.3333333333333333],
    [[70, 30], 0, "roc_auc", 0.5],
  ] as const)("of %j answering class %d has %s %d", (rows, majority, metric, value) => {
    expect(majorityClassDummy(rows, majority, metric)).toBeCloseTo(value, 12);
  });
});
