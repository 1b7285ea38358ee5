import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import {
  binOf,
  missingOf,
  parseReferenceProfile,
  serialiseReferenceProfile,
} from "@colaml/shared/learning/model/reference-profile";
import {
  buildReferenceProfile,
  type ProfiledRows,
} from "@colaml/trainer-worker/profile/build-reference-profile";
import {
  designEffect,
  termsDesignEffect,
  wordDesignEffects,
} from "@colaml/trainer-worker/profile/design-effect";
import { labelOrder, orderNotes } from "@colaml/trainer-worker/profile/label-order";
import { wordVarianceFactor } from "@colaml/trainer-worker/profile/word-dependence";

const TERMS = ["constructor", "dm", "please"];

/** 1,000 rows: lengths 1 to 1000, every second row holds `dm`, row i is of class 1 if i % 4 === 0. */
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
    const profile = buildReferenceProfile(rows(), ["False", "True"], { words: TERMS }, quality);
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
    // Two different probabilities, 0.08 and 0.62: as many groups, however many rows.
    expect(profile.calibration[0]).toMatchObject([
      { rows: 500, positives: 0 },
      { rows: 500, positives: 250 },
    ]);
    expect(profile.calibration[0]![1]!.meanProbability).toBeCloseTo(0.62, 12);
    // Class 1 comes every fourth row: 499 changes, of 999 * (1 - (750 * 749 + 250 * 249) / (1000 * 999)).
    expect(profile.order).toEqual({
      changes: 499,
      expectedChanges: expect.closeTo(375, 9),
      sortedByLabel: false,
    });
  });

  it("groups rows by rising probability, a hundred groups of about equal size", () => {
    const n = 5_000;
    const spread: ProfiledRows = {
      ...rows(),
      textLength: new Uint32Array(n),
      tokens: new Uint32Array(n),
      unknownTokens: new Uint32Array(n),
      termsOf: () => [],
      actual: Uint8Array.from({ length: n }, (_, i) => (i % 10 === 0 ? 1 : 0)),
      predicted: new Uint8Array(n),
      // Row i has (i + 0.5) / n of 0.3 to 0.4: ten equal bins would hold all of them in one.
      probabilities: Float64Array.from({ length: 2 * n }, (_, i) => {
        const positive = 0.3 + (Math.floor(i / 2) + 0.5) / n / 10;
        return i % 2 === 1 ? positive : 1 - positive;
      }),
    };
    const [bins] = buildReferenceProfile(spread, ["False", "True"], { words: [] }, quality).calibration;
    expect(bins).toHaveLength(100);
    expect(bins!.every((bin) => bin.rows === 50 && bin.positives === 5)).toBe(true);
    expect(bins![0]!.meanProbability).toBeCloseTo(0.3005, 12);
  });

  it("comes back from its file as it was, and is small", () => {
    const profile = buildReferenceProfile(rows(), ["False", "True"], { words: TERMS }, quality);
    const bytes = serialiseReferenceProfile(profile);
    expect(parseReferenceProfile(bytes)).toEqual(profile);
    expect(bytes.length).toBeLessThan(4_096);
  });

  it.each([
    ["no JSON", "{"],
    ["another version", JSON.stringify({ formatVersion: 3 })],
    ["nothing", "null"],
  ])("is refused as MODEL_CORRUPT when its file holds %s", (_what, text) => {
    expect(() => parseReferenceProfile(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "MODEL_CORRUPT" }),
    );
  });

  it("has a calibration list per class if there are three", () => {
    const three: ProfiledRows = {
      ...rows(),
      predicted: new Uint8Array(1_000).fill(2),
      probabilities: Float64Array.from({ length: 3_000 }, (_, i) => [0.2, 0.3, 0.5][i % 3]!),
    };
    const profile = buildReferenceProfile(three, ["a", "b", "c"], { words: TERMS }, quality);
    expect(profile.calibration.map((bins) => bins.map(({ rows: count }) => count))).toEqual([
      [1_000],
      [1_000],
      [1_000],
    ]);
    expect(profile.score.counts[10]).toBe(1_000);
  });
});

describe("rows that are sorted by label", () => {
  const random = seededRandom(3);
  const inTime = rows();
  /** The rows with class 1 first, as a file that was put together from one file per class. */
  function sorted(): ProfiledRows {
    const from = Array.from({ length: 1_000 }, (_, i) => i).sort(
      (a, b) => inTime.actual[b]! - inTime.actual[a]! || random() - 0.5,
    );
    return {
      ...inTime,
      termsOf: (row) => inTime.termsOf(from[row]!),
      actual: from.map((row) => inTime.actual[row]!),
      predicted: from.map((row) => inTime.predicted[row]!),
      unknownTokens: from.map((row) => inTime.unknownTokens[row]!),
      textLength: from.map((row) => inTime.textLength[row]!),
      probabilities: Float64Array.from(
        from.flatMap((row) => [...inTime.probabilities.subarray(2 * row, 2 * row + 2)]),
      ),
    };
  }
  const profile = buildReferenceProfile(sorted(), ["False", "True"], { words: TERMS }, quality);

  it("are known by how seldom the label changes, and named with the numbers", () => {
    expect(profile.order).toMatchObject({ changes: 1, sortedByLabel: true });
    expect(orderNotes(profile.order)[0]).toMatch(
      /sorted by label \(it changes 1 times .* 375 in random order\)/,
    );
    expect(orderNotes(undefined)).toEqual([]);
  });

  it("are shuffled before it is measured how alike neighbours are, and counted as they are", () => {
    // In file order class 1 fills the first 5 of 20 blocks: a design effect of about 12 for the predicted label.
    expect(designEffect(sorted().predicted, 2)).toBeGreaterThan(5);
    expect(profile.labels.designEffect).toBeLessThan(2);
    expect(profile.terms.designEffect).toBeLessThan(2);
    const straight = buildReferenceProfile(inTime, ["False", "True"], { words: TERMS }, quality);
    expect(profile.terms.documentFrequency).toEqual(straight.terms.documentFrequency);
    expect(profile.calibration).toEqual(straight.calibration);
    expect(profile.textLength.counts).toEqual(straight.textLength.counts);
  });

  it("are not those of a stream whose neighbours are alike for a while", () => {
    // Runs of four rows: changes are a half of random order's.
    const actual = Uint8Array.from({ length: 1_000 }, (_, i) => Math.floor(i / 4) % 2);
    expect(labelOrder(actual, 2)).toMatchObject({ changes: 249, sortedByLabel: false });
    // Of 12 rows chance may give one change.
    expect(labelOrder(Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1), 2).sortedByLabel).toBe(false);
  });
});

describe("a profile of an older release", () => {
  it("is read, and what it lacks is named", () => {
    const { order, vocabulary, ...profile } = buildReferenceProfile(
      rows(),
      ["False", "True"],
      { words: TERMS },
      quality,
    );
    const bins = Array.from({ length: 10 }, () => ({ rows: 0, meanProbability: 0, positives: 0 }));
    const old = { ...profile, formatVersion: 1, calibration: [bins] };
    const read = parseReferenceProfile(Buffer.from(JSON.stringify(old)));
    expect(read).toEqual(old);
    expect(missingOf(read)).toBe(
      "fine calibration, the order of its rows, the test's rows of each class, the training's vocabulary",
    );
    expect([order?.sortedByLabel, vocabulary]).toEqual([false, undefined]);
  });
});

describe("the design effect", () => {
  it("is about 1 if rows are in random order", () => {
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

  it("of words is each word's own: one that comes in one block only, one that is everywhere alike", () => {
    const documents = Array.from({ length: 20 }, (_, block) => Uint32Array.of(block === 0 ? 100 : 0, 50, 0));
    const effects = wordDesignEffects(documents, 100, 3);
    // Share 1/20: chi-square 95^2 + 19 * 5^2 over 100 * 0.05 * 0.95, over 19 degrees of freedom.
    expect(effects[0]).toBeCloseTo((95 ** 2 + 19 * 5 ** 2) / 4.75 / 19, 9);
    expect(effects.slice(1)).toEqual([1, 1]);
    expect(termsDesignEffect(documents, 100, 3)).toBeCloseTo(effects[0]! / 2, 9);
    expect(wordDesignEffects(documents.slice(0, 3), 100, 3)).toEqual([1, 1, 1]);
  });

  it("is 1 if one value is all there is, or rows are too few", () => {
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

  it("is the number of words if all of them are in the same texts", () => {
    const held = Array.from({ length: 1_000 }, (_, row) => (row % 4 === 0 ? [0, 1, 2] : []));
    // What chance would add, 1 / rows for each of the 6 pairs, is taken off.
    expect(factor(held, 3)).toBeCloseTo(3 - 6 / 1_000 / 3, 9);
  });

  it("is about 1 if words come and go by themselves", () => {
    const random = seededRandom(7);
    const held = Array.from({ length: 5_000 }, () =>
      Array.from(Array(40).keys()).filter(() => random() < 0.2),
    );
    expect(factor(held, 40)).toBeLessThan(1.05);
  });

  it("is 1 if no word distinguishes texts", () => {
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
