import { trainJobSchema } from "@colaml/shared/contracts/train";
import {
  DEFAULT_SEARCH_SPACE,
  defaultSearchSpace,
  searchSpaceSchema,
  tuneJobSchema,
} from "@colaml/shared/contracts/tune";
import { sampleTrials } from "@colaml/trainer-worker/tune/sample-trials";
import { trainJobOf, trialsOf } from "@colaml/trainer-worker/tune/trial-jobs";

describe("the trials of a tuning job", () => {
  it("are the same for the same seed and others for another", () => {
    expect(sampleTrials(DEFAULT_SEARCH_SPACE, 20, 42)).toEqual(sampleTrials(DEFAULT_SEARCH_SPACE, 20, 42));
    expect(sampleTrials(DEFAULT_SEARCH_SPACE, 20, 42)).not.toEqual(
      sampleTrials(DEFAULT_SEARCH_SPACE, 20, 43),
    );
  });

  it("begin with the job's own settings", () => {
    expect(sampleTrials(DEFAULT_SEARCH_SPACE, 3, 1)[0]).toEqual({});
    expect(sampleTrials({ max_features: [100], depth: [4, 6] }, 3, 1)[0]).toEqual({ max_features: 100 });
  });

  it("lie in the space, each a payload that the train contract takes", () => {
    for (const { learning_rate, depth, l2_leaf_reg, iterations, ...features } of sampleTrials(
      DEFAULT_SEARCH_SPACE,
      50,
      7,
    )) {
      const boosting = { learning_rate, depth, l2_leaf_reg, iterations };
      const job = { dataset: { path: "a" }, boosting: withoutUndefined(boosting), features };
      expect(trainJobSchema.safeParse(job).error).toBeUndefined();
      expect(depth ?? 6).toBeGreaterThanOrEqual(4);
      expect(depth ?? 6).toBeLessThanOrEqual(10);
      expect(learning_rate ?? 0.05).toBeGreaterThanOrEqual(0.03);
      expect(learning_rate ?? 0.05).toBeLessThanOrEqual(0.5);
    }
  });

  it("of the linear booster search its penalty, rounds and features, and are trainings of it", () => {
    const job = tuneJobSchema.parse({
      dataset: { path: "a" },
      boosting: { booster: "gblinear" },
      trials: 30,
    });
    const { reg_lambda } = defaultSearchSpace("gblinear");
    const trials = trialsOf(job).slice(1);
    expect(trials).toHaveLength(29);
    for (const trial of trials) {
      const { boosting, features } = trainJobOf(job, trial);
      expect(boosting).toMatchObject({
        booster: "gblinear",
        reg_lambda: trial.reg_lambda,
        iterations: trial.iterations,
      });
      expect(boosting.depth).toBeUndefined();
      expect(features.max_features).toBe(trial.max_features);
      expect(trial.reg_lambda).toBeGreaterThanOrEqual((reg_lambda as { min: number }).min);
      expect(trial.reg_lambda).toBeLessThanOrEqual((reg_lambda as { max: number }).max);
    }
  });

  it("cover a range evenly with few trials", () => {
    const space = { learning_rate: { min: 0.2, max: 1, log: false } };
    const tenths = sampleTrials(space, 9, 3)
      .slice(1)
      .map(({ learning_rate }) => Math.floor(learning_rate! * 10));
    expect(tenths.sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("are refused if a range runs backwards or its logarithm has no start", () => {
    expect(searchSpaceSchema.safeParse({ depth: { min: 8, max: 4 } }).success).toBe(false);
    expect(searchSpaceSchema.safeParse({ l2_leaf_reg: { min: 0, max: 4, log: true } }).success).toBe(false);
  });

  it("keep what is fixed and try every value of a list equally often", () => {
    const trials = sampleTrials({ max_features: [100], stop_words: ["english", "none"] }, 21, 5);
    expect(trials.every((trial) => trial.max_features === 100)).toBe(true);
    expect(trials.filter((trial) => trial.stop_words === "none")).toHaveLength(10);
  });
});

function withoutUndefined(values: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
