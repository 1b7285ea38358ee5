import { type SearchSpace, searchSpaceSchema } from "@colaml/shared/contracts/search-space";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { neighbourOf, sampleTrials, withinRanges } from "@colaml/trainer-worker/tune/sample-trials";

const SPACE: SearchSpace = {
  learning_rate: { min: 0.03, max: 0.5, log: true },
  depth: { min: 4, max: 10, log: false },
  iterations: { min: 50, max: 400, log: true },
  stop_words: ["english", "none"],
  ngram_range: [
    [1, 1],
    [1, 2],
  ],
};

describe("drawn trials", () => {
  it("are the same for the same seed and others for another", () => {
    const drawn = (seed: number) => sampleTrials(SPACE, 19, seededRandom(seed));
    expect(drawn(42)).toEqual(drawn(42));
    expect(drawn(42)).not.toEqual(drawn(43));
  });

  it("cover a range evenly with few trials", () => {
    const space = { learning_rate: { min: 0.2, max: 1, log: false } };
    const tenths = sampleTrials(space, 8, seededRandom(3)).map(({ learning_rate }) =>
      Math.floor(learning_rate! * 10),
    );
    expect(tenths.sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("keep what is fixed and try every value of a list equally often", () => {
    const trials = sampleTrials(
      { max_features: [100], stop_words: ["english", "none"] },
      20,
      seededRandom(5),
    );
    expect(trials.every((trial) => trial.max_features === 100)).toBe(true);
    expect(trials.filter((trial) => trial.stop_words === "none")).toHaveLength(10);
  });
});

describe("a neighbour", () => {
  it("lies within a quarter of each range, and within its ends", () => {
    const random = seededRandom(1);
    const from = { depth: 10, learning_rate: 0.03 };
    for (let i = 0; i < 200; i++) {
      const near = neighbourOf(from, SPACE, random);
      // a quarter of the 7 depths, from the upper end of the last one
      expect(near.depth).toBeGreaterThanOrEqual(8);
      expect(near.depth).toBeLessThanOrEqual(10);
      expect(near.learning_rate).toBeGreaterThanOrEqual(0.03);
      // a quarter of the range in the logarithm: 0.03 x (0.5 / 0.03) ^ 0.25
      expect(near.learning_rate).toBeLessThanOrEqual(0.0607);
    }
  });

  it("keeps most choices", () => {
    const random = seededRandom(2);
    const kept = Array.from(
      { length: 1_000 },
      () => neighbourOf({ stop_words: "english" }, SPACE, random).stop_words,
    ).filter((words) => words === "english");
    // 0.7 and half of 0.3
    expect(kept.length / 1_000).toBeCloseTo(0.85, 1);
  });
});

describe("settings within ranges", () => {
  it("are moved to the end of a range and to the first value of a list", () => {
    const ranges: SearchSpace = {
      depth: { min: 2, max: 4, log: false },
      ngram_range: [[1, 3]],
      iterations: [7],
    };
    expect(
      withinRanges({ depth: 6, ngram_range: [1, 2], iterations: 150, learning_rate: 0.2 }, ranges),
    ).toEqual({
      depth: 4,
      ngram_range: [1, 3],
      iterations: 7,
      learning_rate: 0.2,
    });
    const list: SearchSpace = { analyzer: ["char", ["word", "char_wb"]] };
    expect(withinRanges({ analyzer: ["word", "char_wb"] }, list).analyzer).toEqual(["word", "char_wb"]);
  });
});

it("refuses a range that runs backwards or whose logarithm has no start", () => {
  expect(searchSpaceSchema.safeParse({ depth: { min: 8, max: 4 } }).success).toBe(false);
  expect(searchSpaceSchema.safeParse({ l2_leaf_reg: { min: 0, max: 4, log: true } }).success).toBe(false);
});
