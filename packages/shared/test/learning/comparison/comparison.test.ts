import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareModels } from "@colaml/shared/learning/comparison/compare-models";
import { delongTest } from "@colaml/shared/learning/comparison/delong";
import { mcnemarTest } from "@colaml/shared/learning/comparison/mcnemar";
import { randomisationTest } from "@colaml/shared/learning/comparison/randomisation-test";
import { majorityScore, skillTest } from "@colaml/shared/learning/comparison/skill-test";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { DECIDING_METRICS } from "@colaml/shared/metrics/metric-table";

interface Case {
  name: string;
  nClasses: number;
  labels: number[];
  challenger: number[];
  champion: number[];
  majorityClass: number;
  randomisation: Record<"f1_score" | "macro_f1", { difference: number; p: number }>;
  /** Two classes: DeLong's p; more: the deviation of a bootstrap. */
  auc: { difference: number; p?: number; deviation?: number };
  majority: Record<string, number>;
  skill: Record<string, number>;
}

/** Written by bench/parity/make-comparison-fixtures.py with scipy and scikit-learn. */
const fixture = JSON.parse(readFileSync(join(__dirname, "../../fixtures/comparison.json"), "utf8")) as {
  mcnemar: { challengerOnly: number; championOnly: number; p: number }[];
  comparisons: Case[];
};

const rowsOf = ({ nClasses, labels, challenger, champion }: Case) => {
  const classes = Array.from({ length: nClasses }, (_, k) => `class ${k}`);
  return {
    classes,
    labels,
    challenger: Float64Array.from(challenger),
    champion: Float64Array.from(champion),
    ours: predictedClasses(Float64Array.from(challenger), nClasses),
    theirs: predictedClasses(Float64Array.from(champion), nClasses),
  };
};
/** Three standard deviations of a p that `resamples` draws gave. */
const sampling = (p: number, resamples: number) => 3 * Math.sqrt((p * (1 - p)) / resamples);

it.each(fixture.mcnemar)(
  "McNemar's mid-p of $challengerOnly against $championOnly rows is scipy's",
  ({ challengerOnly, championOnly, p }) => {
    const result = mcnemarTest(challengerOnly, championOnly);
    expect(result).toMatchObject({ challengerOnly, championOnly });
    expect(Math.abs(result.p / p - 1)).toBeLessThan(1e-8);
  },
);

describe.each(fixture.comparisons.map((each) => [each.name, each] as const))(
  "two models compared on %s",
  (_, each) => {
    const rows = rowsOf(each);
    const { nClasses, labels } = each;

    it.each(["f1_score", "macro_f1"] as const)("by %s, swapped at random", (metric) => {
      const wanted = each.randomisation[metric];
      const got = randomisationTest(labels, rows.ours, rows.theirs, nClasses, metric, 42);
      expect(got.difference).toBeCloseTo(wanted.difference, 10);
      const margin = Math.hypot(sampling(wanted.p, 20_000), sampling(wanted.p, got.resamples));
      expect(Math.abs(got.p - wanted.p)).toBeLessThan(margin);
      expect(randomisationTest(labels, rows.ours, rows.theirs, nClasses, metric, 42)).toEqual(got);
    });

    it("by ROC AUC, as DeLong's formula or a bootstrap has it", () => {
      const got = delongTest({ nClasses, ...rows })!;
      expect(got.difference).toBeCloseTo(each.auc.difference, 9);
      if (each.auc.p !== undefined) expect(Math.abs(got.p / each.auc.p - 1)).toBeLessThan(1e-6);
      if (each.auc.deviation !== undefined) {
        const z = each.auc.difference / each.auc.deviation;
        // 4,000 resamples know a deviation to 1.1%.
        expect(got.p).toBeGreaterThan(normalTail(z * 1.05));
        expect(got.p).toBeLessThan(normalTail(z * 0.95));
      }
    });

    it("has the tests and metrics in one answer", () => {
      for (const metric of DECIDING_METRICS) {
        const answer = compareModels(rows, metric, 42);
        expect(answer).toMatchObject({ rows: labels.length, metric });
        expect(answer.test!.p).toBeGreaterThanOrEqual(0);
        const wanted = metric === "roc_auc" ? each.auc : Reflect.get(each.randomisation, metric);
        if (wanted) expect(answer.challenger! - answer.champion!).toBeCloseTo(wanted.difference, 9);
      }
    });

    it("against chance, one by one", () => {
      const { majorityClass } = each;
      for (const [metric, p] of Object.entries(each.skill)) {
        const skill = skillTest(
          { labels, predicted: rows.ours, probabilities: rows.challenger, nClasses },
          metric as "f1_score",
          majorityClass,
        );
        // The deviation of 20,000 permutations is known to 0.5%, and so the logarithm of p to some percent.
        const tolerance = skill.method === "permutation" ? 0.05 : 1e-7;
        const error = Math.abs(Math.log(skill.p) / Math.log(p) - 1);
        expect([metric, error < tolerance, skill.p]).toEqual([metric, true, skill.p]);
      }
    });

    it("against the most frequent class, whose scores are scikit-learn's", () => {
      const rowsOfClass = rows.classes.map((_, k) => labels.filter((label) => label === k).length);
      for (const metric of DECIDING_METRICS)
        expect(majorityScore(rowsOfClass, each.majorityClass, metric)).toBeCloseTo(
          each.majority[metric]!,
          12,
        );
    });
  },
);

/** Complementary error function by its continued fraction: enough digits for z between 1 and 6. */
function normalTail(z: number): number {
  let fraction = z;
  for (let i = 60; i > 0; i--) fraction = z + i / fraction;
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / fraction;
}

describe("two models that are the same", () => {
  const each = fixture.comparisons[0]!;
  const rows = { ...rowsOf(each), champion: Float64Array.from(each.challenger) };

  it.each(DECIDING_METRICS)("are never distinguished by %s", (metric) => {
    const { test, challenger, champion } = compareModels(rows, metric, 1);
    expect(challenger).toBe(champion);
    expect(test!.p).toBeGreaterThanOrEqual(0.5);
  });
});

describe("rows of one class", () => {
  it("have no ROC AUC to compare", () => {
    const rows = {
      classes: ["a", "b"],
      labels: [1, 1],
      challenger: Float64Array.of(0.1, 0.9, 0.2, 0.8),
      champion: Float64Array.of(0.1, 0.9, 0.2, 0.8),
    };
    const answer = compareModels(rows, "roc_auc", 1);
    expect([answer.challenger, answer.test]).toEqual([undefined, undefined]);
  });

  it("show no skill, whatever the model", () => {
    const rows = {
      labels: [1, 1, 1],
      predicted: [1, 1, 1],
      probabilities: Float64Array.of(0.1, 0.9, 0.2, 0.8, 0.3, 0.7),
      nClasses: 2,
    };
    for (const metric of DECIDING_METRICS) expect(skillTest(rows, metric, 1).p).toBeGreaterThanOrEqual(0.5);
  });
});

// Labels by coin, guesses by coin: whatever the metric, a p below 0.05 comes in about 5 of 100 cases.
it.each(DECIDING_METRICS)("the skill test by %s keeps its level on guesses", (metric) => {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  for (const nClasses of [2, 3]) {
    let found = 0;
    const trials = 600;
    for (let trial = 0; trial < trials; trial++) {
      const labels = Array.from({ length: 120 }, () => Math.floor(random() * nClasses));
      const probabilities = Float64Array.from({ length: 120 * nClasses }, random);
      const classes = Array.from({ length: nClasses }, String);
      const predicted = predictedClasses(probabilities, classes.length);
      if (skillTest({ labels, predicted, probabilities, nClasses }, metric, 0).p < 0.05) found++;
    }
    // 30 expected at most; four standard deviations of 5.3 above.
    expect(found).toBeLessThan(52);
  }
});
