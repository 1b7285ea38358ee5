import { majorityScore } from "@colaml/shared/learning/comparison/skill-test";
import { type ChampionSettings, championSchema } from "@colaml/shared/settings/champion-settings";
import {
  type ChampionComparison,
  type ChampionEvidence,
  championVerdict,
} from "@colaml/trainer-worker/champion/champion-rule";

const settings = championSchema.parse({});
const skill: ChampionEvidence["skill"] = {
  rows: 1_000,
  leftOut: 0,
  value: 0.9,
  majority: 0.55,
  test: { p: 1e-9, method: "mcnemar" },
};
const good: ChampionEvidence = {
  model: "tickets",
  version: "4",
  challenger: 0.9,
  accuracy: 0.9,
  dummy: 0.55,
  skill,
  looks: 1,
};
const met = (value: number, p: number, more: Partial<ChampionComparison> = {}): ChampionEvidence => ({
  ...good,
  champion: {
    rows: 800,
    metric: "accuracy_score",
    challenger: 0.9,
    champion: value,
    mcnemar: { challengerOnly: 60, championOnly: 20, p },
    test: { p, method: "mcnemar" },
    version: "3",
    leftOut: 200,
    majority: 0.55,
    accuracy: { champion: value, majority: 0.55 },
    ...more,
  },
});
const points: Partial<ChampionSettings> = { rule: "better" };

describe("the champion rule", () => {
  it.each<[string, ChampionEvidence, Partial<ChampionSettings>, string, RegExp]>([
    ["a sound model without a champion", good, {}, "PROMOTE", /no champion/],
    [
      "a model that is better beyond chance",
      met(0.85, 0.01),
      {},
      "PROMOTE",
      /0\.9000 against 0\.8500 of version 3 on 800 rows new to both \(200 left out\), p 0\.010/,
    ],
    ["a model that is better by chance", met(0.89, 0.06), {}, "HOLD", /p 0\.060 is not below 0\.05\)/],
    ["the same with a larger alpha", met(0.89, 0.06), { alpha: 0.1 }, "PROMOTE", /0\.8900/],
    ["the same by the rule's old name", met(0.89, 0.06), { rule: "significant" }, "HOLD", /chance/],
    ["the same by points", met(0.89, 0.06), points, "PROMOTE", /0\.8900/],
    [
      "the second of two small wins on the same rows",
      { ...met(0.88, 0.03), looks: 2 },
      {},
      "HOLD",
      /p 0\.030 is not below 0\.025, alpha being shared by the 2 challengers judged on this file/,
    ],
    ["an equal model", met(0.9, 0.5), {}, "HOLD", /not better/],
    ["an equal model if equal will do", met(0.9, 0.5), { rule: "not_worse" }, "PROMOTE", /0\.9000/],
    ["a worse model if equal will do", met(0.91, 0.9), { rule: "not_worse" }, "HOLD", /not better/],
    [
      "a model below the threshold",
      good,
      { champion_threshold: 0.95 },
      "REJECT",
      /champion_threshold 0\.95 \(--champion-threshold/,
    ],
    ["a model exactly at the threshold", good, { champion_threshold: 0.9 }, "PROMOTE", /no champion/],
    // 20 classes, the largest with a tenth of the rows: 0.4 is useful, and no threshold is asked for.
    [
      "a useful model of twenty classes",
      {
        ...good,
        challenger: 0.4,
        accuracy: 0.4,
        dummy: 0.1,
        skill: { ...skill, value: 0.4, majority: 0.1 },
      },
      {},
      "PROMOTE",
      /0\.4000/,
    ],
    ["a model no better than the majority class", { ...good, dummy: 0.9 }, {}, "REJECT", /majority class/],
    [
      "a model above the majority class by chance",
      { ...good, skill: { ...skill, value: 0.57, test: { p: 0.02, method: "mcnemar" } } },
      {},
      "HOLD",
      /it may be chance: accuracy_score 0\.5700 against 0\.5500 of the majority class on 1000 rows, p 0\.020 is not below 0\.005/,
    ],
    // A tenth of 0.05, shared by two.
    [
      "the second model whose skill was tested on the same rows",
      { ...good, looks: 2, skill: { ...skill, test: { p: 0.003, method: "mcnemar" } } },
      {},
      "HOLD",
      /p 0\.0030 is not below 0\.0025, alpha being shared by the 2 challengers judged on this file/,
    ],
    [
      "a model whose test rows are copies of its training rows",
      { ...good, skill: { rows: 3, leftOut: 297, majority: 0.5 } },
      {},
      "HOLD",
      /only 3 of 300 test rows have a text that the training did not hold/,
    ],
    [
      "a training of an older release",
      { ...good, skill: undefined },
      {},
      "HOLD",
      /did not test it for chance/,
    ],
    ["the same by points", { ...good, skill: undefined }, points, "PROMOTE", /no champion/],
    [
      "a model that one word decides",
      { ...good, word: { term: "resolved", accuracy: 0.99, majority: 0.5, model: 0.995 } },
      {},
      "HOLD",
      /one word decides everything: whether "resolved" is in the text gives an accuracy of 0\.9900.*leak/,
    ],
    [
      "a comparison on too few rows",
      met(0.5, 0.01, { rows: 9, leftOut: 291 }),
      points,
      "HOLD",
      /only 9 of 300 test rows have a text that neither model was trained on/,
    ],
    [
      "a champion below the majority class on this file",
      met(0.5, 0.001),
      {},
      "HOLD",
      /version 3 is below the majority class on this file \(accuracy_score 0\.5000 against 0\.5500\).*not the kind of data/,
    ],
    // It had (0.88 - 0.5) / 0.5 = 0.76 of the lead, half of it here is 0.55 + 0.38 * 0.45 = 0.721; Wilson's
    // upper bound of 0.6 on 800 rows is 0.628.
    [
      "a champion far below what it was promoted with",
      met(0.6, 0.001, { promotedWith: { accuracy: 0.88, rows: 900, majority: 0.5 } }),
      {},
      "HOLD",
      /falls far below what it was promoted with \(accuracy 0\.6000 on 800 rows of this file against 0\.8800 on 900 of its own\)/,
    ],
    [
      "a champion that has lost some of what it was promoted with",
      met(0.75, 0.001, { promotedWith: { accuracy: 0.88, rows: 900, majority: 0.5 } }),
      {},
      "PROMOTE",
      /0\.7500/,
    ],
    [
      "a champion that was never better than the majority class by accuracy",
      met(0.6, 0.001, { promotedWith: { accuracy: 0.9, rows: 900, majority: 0.93 } }),
      {},
      "PROMOTE",
      /0\.6000/,
    ],
    [
      "a champion whose training rows nobody knows",
      met(0.85, 0.01, { unfair: "it has no filter", leftOut: 0 }),
      {},
      "PROMOTE",
      /on 800 rows, which may be unfair: it has no filter/,
    ],
    ["a broken model, however good", { ...good, broken: "sha256 differs" }, {}, "REJECT", /sha256 differs/],
    ["a model without the metric", { ...good, challenger: undefined }, {}, "REJECT", /could not be computed/],
    [
      "a model whose champion has other classes",
      { ...good, championUnscored: { version: "2", reason: "its classes are a, b" } },
      {},
      "HOLD",
      /could not be compared: its classes are a, b; cola models promote 4 --model tickets/,
    ],
    ["a champion without the metric", met(0.8, 0.01, { champion: undefined }), {}, "HOLD", /unknown/],
    [
      "a challenger without the metric on these rows",
      met(0.8, 0.01, { challenger: undefined }),
      {},
      "HOLD",
      /unknown/,
    ],
    ["a model without accuracy", { ...good, accuracy: undefined }, {}, "REJECT", /could not be computed/],
    [
      "a model that is better by far",
      met(0.6, 1e-5),
      {},
      "PROMOTE",
      /^accuracy_score 0\.9000 against 0\.6000 of version 3 on 800 rows new to both \(200 left out\), p < 0\.0001$/,
    ],
    ["a model at p 0.0001 exactly", met(0.6, 0.0001), {}, "PROMOTE", /, p 0\.00010$/],
    ["a model at alpha exactly", met(0.89, 0.05), {}, "HOLD", /p 0\.050 is not below 0\.05\)/],
    [
      "a difference that nobody tested",
      met(0.85, 0.01, { test: undefined }),
      {},
      "HOLD",
      /^no test of the difference: accuracy_score 0\.9000 against 0\.8500 of version 3/,
    ],
    [
      "a champion at the majority class exactly",
      met(0.55, 0.001),
      {},
      "PROMOTE",
      /^accuracy_score 0\.9000 against 0\.5500/,
    ],
    [
      "nine rows that the training did not hold",
      { ...good, skill: { ...skill, rows: 9, leftOut: 291 } },
      {},
      "HOLD",
      /only 9 of 300 test rows have a text that the training did not hold: too few to judge it/,
    ],
    ["ten such rows", { ...good, skill: { ...skill, rows: 10, leftOut: 290 } }, {}, "PROMOTE", /no champion/],
    [
      "a model whose skill nobody could test",
      { ...good, skill: { rows: 1_000, leftOut: 0, value: 0.9, majority: 0.55 } },
      {},
      "HOLD",
      /only 1000 of 1000 test rows/,
    ],
    [
      "a model at the majority class on the rows it did not hold",
      { ...good, skill: { ...skill, value: 0.55 } },
      {},
      "HOLD",
      /it may be chance: accuracy_score 0\.5500 against 0\.5500/,
    ],
    [
      "a model at a tenth of alpha exactly",
      { ...good, skill: { ...skill, test: { p: 0.05, method: "mcnemar" } } },
      { alpha: 0.5 },
      "HOLD",
      /p 0\.050 is not below 0\.05;/,
    ],
    [
      "a model whose metric is unknown on the rows it did not hold",
      { ...good, skill: { ...skill, value: undefined } },
      {},
      "HOLD",
      /accuracy_score \(unknown\) against 0\.5500 of the majority class on 1000 rows/,
    ],
    [
      "ten rows to compare on",
      met(0.6, 0.01, { rows: 10, leftOut: 290 }),
      {},
      "PROMOTE",
      /on 10 rows new to both/,
    ],
    // All of the lead over a majority class that is always right is none: Wilson's upper bound of 1 is 1.
    [
      "a champion that gets all rows of a file of one class right",
      met(1, 0.5, {
        rows: 400,
        challenger: 1,
        majority: 1,
        accuracy: { champion: 1, majority: 1 },
        promotedWith: { accuracy: 0.9, rows: 900, majority: 0.5 },
      }),
      {},
      "HOLD",
      /^not better: accuracy_score 1\.0000 against 1\.0000/,
    ],
    // Without a lead there is nothing to keep: half of -0.02 would ask for less than the majority class.
    [
      "a champion that was at the majority class by accuracy, and is below it now",
      met(0.6, 0.001, {
        accuracy: { champion: 0.4, majority: 0.55 },
        promotedWith: { accuracy: 0.9, rows: 900, majority: 0.9 },
      }),
      {},
      "PROMOTE",
      /0\.6000/,
    ],
  ])("judges %s", (_what, evidence, changed, verdict, reason) => {
    const judged = championVerdict(evidence, { ...settings, ...changed });
    expect([judged.verdict, judged.reason]).toEqual([verdict, expect.stringMatching(reason)]);
    expect(judged.reason).not.toMatch(/\n/);
    if (verdict === "HOLD") expect(judged.reason).toMatch(/; cola models promote 4 --model tickets makes it/);
  });

  it("is overruled by force if it holds, and says so; not if it rejects", () => {
    const forced = championVerdict(met(0.89, 0.06), { ...settings, force: true });
    expect(forced.verdict).toBe("PROMOTE");
    expect(forced.reason).toMatch(/^--force-promote overruled HOLD: better, but it may be chance/);
    expect(forced.forcedOver).toMatch(/^better, but it may be chance/);
    expect(championVerdict({ ...good, broken: "x" }, { ...settings, force: true }).verdict).toBe("REJECT");
    expect(championVerdict(met(0.85, 0.01), { ...settings, force: true })).not.toHaveProperty("forcedOver");
  });
});

describe("the majority class", () => {
  // scikit-learn DummyClassifier("most_frequent") on 70 rows of class 0 and 30 of class 1:
  // accuracy 0.7, f1 0 (majority 0), macro f1 0.4117647; on 30 and 70: f1 0.8235294117647058.
  it.each([
    [[70, 30], 0, "accuracy_score", 0.7],
    [[70, 30], 1, "accuracy_score", 0.3],
    [[70, 30], 0, "f1_score", 0],
    [[70, 30], 0, "macro_f1", 0.4117647058823529],
    [[30, 70], 1, "f1_score", 0.8235294117647058],
    [[50, 30, 20], 0, "f1_score", 0.3333333333333333],
    [[50, 30, 20], 0, "macro_f1", 0.2222222222222222],
    [[70, 30], 0, "roc_auc", 0.5],
  ] as const)("of %j answering class %d has %s %d", (rows, majority, metric, value) => {
    expect(majorityScore(rows, majority, metric)).toBeCloseTo(value, 12);
  });
});
