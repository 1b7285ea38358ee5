import {
  binOf,
  parseReferenceProfile,
  serialiseReferenceProfile,
} from "@colaml/shared/model/reference-profile";
import {
  buildReferenceProfile,
  type ProfiledRows,
} from "@colaml/trainer-worker/profile/build-reference-profile";
import {
  designEffect,
  termsDesignEffect,
  wordDesignEffects,
} from "@colaml/trainer-worker/profile/design-effect";
import { wordVarianceFactor } from "@colaml/trainer-worker/profile/word-dependence";
import { seededRandom } from "@colaml/trainer-worker/seeded-random";

const TERMS = ["constructor", "dm", "please"];

/** 1,000 rows: lengths 1 to 1000, every second row holds `dm`, row i is of class 1 where i % 4 === 0. */
function rows(): ProfiledRows {
  const n = 1_000;
  const even = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : 0));
  return {
    textLength: Uint32Array.from({ length: n }, (_, i) => i + 1),
    tokens: new Uint32Array(n).fill(4),
    unknownTokens: Uint32Array.from(even, (holds) => (holds ? 3 : 4)),
    termsOf: (row) => (even[row] ? [1] : []),
    actual: Uint8Array.from({ length: n }, (_, i) => (i % 4 === 0 ? 1 : 0)),
    predicted: Uint8Array.from(even),
    probabilities: Float64Array.from({ length: 2 * n }, (_, i) => {
      const positive = even[Math.floor(i / 2)] ? 0.62 : 0.08;
      return i % 2 === 1 ? positive : 1 - positive;
    }),
  };
}

const quality = { rows: 500, metrics: { accuracy_score: 0.75 } };

describe("the reference profile", () => {
  it("counts words, lengths, unknown tokens, scores, labels and calibration", () => {
    const profile = buildReferenceProfile(rows(), ["False", "True"], TERMS, quality);
    expect(profile.terms.words).toEqual(["dm", "constructor", "please"]);
    expect(profile.terms.documentFrequency).toEqual([500, 0, 0]);
    expect(profile.textLength.edges).toEqual([101, 201, 301, 401, 501, 601, 701, 801, 901]);
    expect(profile.textLength.counts).toEqual(new Array(10).fill(100));
    expect(profile.outOfVocabulary.counts).toEqual([0, 0, 0, 0, 0, 0, 0, 500, 0, 500]);
    expect(profile.tokens).toEqual({ all: 4_000, outOfVocabulary: 3_500 });
    expect(profile.score.counts[1]).toBe(500);
    expect(profile.score.counts[12]).toBe(500);
    expect(profile.labels).toMatchObject({ predicted: [500, 500], actual: [750, 250] });
    expect(profile.calibration).toHaveLength(1);
    expect(profile.calibration[0]![6]).toMatchObject({ rows: 500, positives: 250 });
    expect(profile.calibration[0]![6]!.meanProbability).toBeCloseTo(0.62, 12);
    expect(profile.calibration[0]![0]).toMatchObject({ rows: 500, positives: 0 });
  });

  it("comes back from its file as it was, and is small", () => {
    const profile = buildReferenceProfile(rows(), ["False", "True"], TERMS, quality);
    const bytes = serialiseReferenceProfile(profile);
    expect(parseReferenceProfile(bytes)).toEqual(profile);
    expect(bytes.length).toBeLessThan(4_096);
  });

  it.each([
    ["no JSON", "{"],
    ["another version", JSON.stringify({ formatVersion: 2 })],
    ["nothing", "null"],
  ])("is refused as MODEL_CORRUPT when its file holds %s", (_what, text) => {
    expect(() => parseReferenceProfile(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "MODEL_CORRUPT" }),
    );
  });

  it("has a calibration list a class where there are three", () => {
    const three: ProfiledRows = {
      ...rows(),
      predicted: new Uint8Array(1_000).fill(2),
      probabilities: Float64Array.from({ length: 3_000 }, (_, i) => [0.2, 0.3, 0.5][i % 3]!),
    };
    const profile = buildReferenceProfile(three, ["a", "b", "c"], TERMS, quality);
    expect(profile.calibration.map((bins) => bins.findIndex((bin) => bin.rows === 1_000))).toEqual([2, 3, 5]);
    expect(profile.score.counts[10]).toBe(1_000);
  });
});

describe("the design effect", () => {
  it("is about 1 where rows are in random order", () => {
    const random = seededRandom(7);
    const effects = Array.from({ length: 50 }, () =>
      designEffect(
        Uint8Array.from({ length: 2_000 }, () => Math.floor(random() * 5)),
        5,
      ),
    );
    const mean = effects.reduce((sum, effect) => sum + effect, 0) / effects.length;
    expect(mean).toBeGreaterThan(0.99);
    expect(mean).toBeLessThan(1.2);
  });

  it("is the block's row count where each block is of one kind", () => {
    const sorted = Uint8Array.from({ length: 2_000 }, (_, i) => (i < 1_000 ? 0 : 1));
    // 20 blocks of 100: chi-square 20 * 100 * 1 over 19 degrees of freedom.
    expect(designEffect(sorted, 2)).toBeCloseTo(2_000 / 19, 9);
  });

  it("of words is each word's own: one that comes in one block alone, one that is everywhere alike", () => {
    const documents = Array.from({ length: 20 }, (_, block) => Uint32Array.of(block === 0 ? 100 : 0, 50, 0));
    const effects = wordDesignEffects(documents, 100, 3);
    // Share 1/20: chi-square 95^2 + 19 * 5^2 over 100 * 0.05 * 0.95, over 19 degrees of freedom.
    expect(effects[0]).toBeCloseTo((95 ** 2 + 19 * 5 ** 2) / 4.75 / 19, 9);
    expect(effects.slice(1)).toEqual([1, 1]);
    expect(termsDesignEffect(documents, 100, 3)).toBeCloseTo(effects[0]! / 2, 9);
    expect(wordDesignEffects(documents.slice(0, 3), 100, 3)).toEqual([1, 1, 1]);
  });

  it("is 1 where one value is all there is, or rows are too few", () => {
    expect(designEffect(new Uint8Array(5_000), 4)).toBe(1);
    expect(designEffect(Uint8Array.of(0, 1, 0, 1), 2)).toBe(1);
  });
});

describe("the variance factor of words", () => {
  const factor = (held: number[][], words: number) =>
    wordVarianceFactor(
      (row) => held[row]!,
      held.length,
      words,
      Array.from({ length: words }, (_, word) => word),
    );

  it("is the number of words where all of them are in the same texts", () => {
    const held = Array.from({ length: 1_000 }, (_, row) => (row % 4 === 0 ? [0, 1, 2] : []));
    // What chance would add, 1 / rows for each of the 6 pairs, is taken off.
    expect(factor(held, 3)).toBeCloseTo(3 - 6 / 1_000 / 3, 9);
  });

  it("is about 1 where words come and go by themselves", () => {
    const random = seededRandom(7);
    const held = Array.from({ length: 5_000 }, () =>
      Array.from(Array(40).keys()).filter(() => random() < 0.2),
    );
    expect(factor(held, 40)).toBeLessThan(1.05);
  });

  it("is 1 where no word tells texts apart", () => {
    expect(factor([[0], [0]], 2)).toBe(1);
  });
});

describe("a bin", () => {
  it.each([
    [-1, 0],
    [0.1, 1],
    [0.15, 1],
    [0.2, 2],
    [7, 2],
  ])("of %d among edges 0.1 and 0.2 is %d", (value, bin) => {
    expect(binOf([0.1, 0.2], value)).toBe(bin);
  });
});
