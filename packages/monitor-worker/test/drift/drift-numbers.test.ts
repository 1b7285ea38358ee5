import { psiSamplingVariance, psiUnderChance } from "@colaml/monitor-worker/drift/drift-calibration";
import { compareWithReference } from "@colaml/monitor-worker/drift/drift-result";
import type { WindowCounts } from "@colaml/monitor-worker/drift/drift-window";
import type { DriftStatistic } from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { EMPTY } from "./invented-rows";

const FLAT = { edges: [1], counts: [500, 500], designEffect: 1 };
const words = (names: string[], documentFrequency: number[]) => ({
  words: names,
  documentFrequency,
  designEffect: 1,
});

/** A profile of as many rows, all statistics of which are alike but for what is given. */
const profile = (rows: number, more: Partial<ReferenceProfile> = {}): ReferenceProfile => ({
  ...EMPTY,
  rows,
  blockRows: 100,
  terms: words(["a", "b", "c"], [400, 100, 10]),
  textLength: FLAT,
  outOfVocabulary: FLAT,
  score: FLAT,
  tokens: { all: 4_000, outOfVocabulary: 1_000 },
  labels: { predicted: [5_000, 5_000], actual: [0, 0], designEffect: 1 },
  ...more,
});
const windowOf = (rows: number, more: Partial<WindowCounts> = {}): WindowCounts => ({
  rows,
  texts: rows,
  documentFrequency: Float64Array.from([400, 100, 10]),
  textLength: Float64Array.from([500, 500]),
  outOfVocabulary: Float64Array.from([500, 500]),
  tokens: { all: 1_000, outOfVocabulary: 600 },
  withoutKnownWords: 0,
  score: Float64Array.from([500, 500]),
  predicted: Float64Array.from([500, 500]),
  ...more,
});
const RATE = 0.01;
const Z = 1.6448536269514722;
/** The level of a check, and its scores by statistic. */
function scoresOf(trained: ReferenceProfile, counted: WindowCounts) {
  const { scores, level } = compareWithReference(trained, counted, RATE);
  const of = (wanted: DriftStatistic) => scores.find(({ statistic }) => statistic === wanted)!;
  return { level, scores, of };
}

// Divergences are scipy's (entropy, jensenshannon) of counts plus half a row; variances numpy's, by the delta method:
// of s = ln(p / q) + 1 - q / p over one draw from p, divided by the rows of p, and the same the other way round.
describe("the numbers of a statistic", () => {
  const predicted = (counts: number[]) => ({ predicted: Float64Array.from(counts) });
  const ofLabels = (rows: number, designEffect: number) =>
    psiUnderChance(
      { reference: [5_000, 5_000], referenceRows: 10_000, rows, designEffect, kind: "bins" },
      RATE / 5,
    );

  it.each([
    {
      counts: [5_300, 4_700],
      psi: 0.003603607730063397,
      js: 0.021222230770672333,
      variance: 2.882888787e-6,
      level: "warning",
    },
    {
      counts: [8_000, 2_000],
      psi: 0.41579048807468444,
      js: 0.2250784979080753,
      variance: 3.373178654e-4,
      level: "alert",
    },
    { counts: [5_000, 5_000], psi: 0, js: 0, variance: 0, level: "none" },
  ])("are scipy's, and its level follows: $counts", ({ counts, psi, js, variance, level }) => {
    const found = scoresOf(profile(10_000), windowOf(10_000, predicted(counts)));
    const chance = ofLabels(10_000, 1);
    expect(found.of("predicted_label").psi).toBeCloseTo(psi, 12);
    expect(found.of("predicted_label").jensenShannon).toBeCloseTo(js, 12);
    expect(found.of("predicted_label").psiExpected).toBe(chance.expected);
    expect(found.of("predicted_label").psiThreshold).toBe(chance.threshold);
    expect(found.of("predicted_label").psiLow).toBeCloseTo(
      psi - chance.expected - Z * Math.sqrt(chance.variance + variance),
      9,
    );
    expect([found.of("predicted_label").level, found.level]).toEqual([level, level]);
  });

  it("count neighbours that are alike as fewer rows: a design effect of 4 is a quarter of them", () => {
    const labels = { predicted: [5_000, 5_000], actual: [0, 0], designEffect: 4 };
    const found = scoresOf(profile(10_000, { labels }), windowOf(10_000, predicted([8_000, 2_000])));
    const chance = ofLabels(10_000, 4);
    expect(found.of("predicted_label").psiLow).toBeCloseTo(
      0.41579048807468444 - chance.expected - Z * Math.sqrt(chance.variance + 1.3492714615312537e-3),
      9,
    );
  });

  it("of words are of as many draws as words, widened by how words come together", () => {
    const terms = { ...words(["a", "b", "c"], [400, 100, 10]), designEffect: 2, varianceFactor: 3 };
    const window = windowOf(400, { documentFrequency: Float64Array.from([100, 50, 60]) });
    const vocabulary = scoresOf(profile(1_000, { terms }), window).of("vocabulary");
    const comparison = { reference: [400, 100, 10], referenceRows: 1_000, rows: 400, kind: "words" as const };
    const chance = psiUnderChance({ ...comparison, designEffect: 2, varianceFactor: 3 }, RATE / 5);
    expect(
      chance.variance / psiUnderChance({ ...comparison, designEffect: 2 }, RATE / 5).variance,
    ).toBeCloseTo(3, 12);
    expect(vocabulary.psi).toBeCloseTo(0.8614707949580334, 12);
    expect(vocabulary.jensenShannon).toBeCloseTo(0.29772091681676655, 12);
    expect(vocabulary.psiLow).toBeCloseTo(
      0.8614707949580334 - chance.expected - Z * Math.sqrt(chance.variance + 0.17871471630541585),
      9,
    );
  });

  it.each([
    ["text_length", { textLength: Float64Array.from([800, 200]) }],
    ["out_of_vocabulary", { outOfVocabulary: Float64Array.from([800, 200]) }],
    ["score", { score: Float64Array.from([800, 200]) }],
  ] as const)("are those of its own counts: %s", (statistic, counts) => {
    const { level, scores, of } = scoresOf(profile(1_000), windowOf(1_000, counts));
    // scipy: entropy of (500.5, 500.5) against (800.5, 200.5), both ways.
    expect(of(statistic).psi).toBeCloseTo(0.4149117739331105, 12);
    for (const other of scores) {
      if (other.statistic !== statistic) expect(other.psi).toBeCloseTo(0, 12);
    }
    expect([level, of(statistic).level]).toEqual(["alert", "alert"]);
  });

  it("are absent of one class, and of texts that are not there", () => {
    const labels = { predicted: [10_000], actual: [0], designEffect: 1 };
    const window = windowOf(1_000, { texts: 0, predicted: Float64Array.from([1_000]) });
    const { scores, rose, fell } = compareWithReference(profile(10_000, { labels }), window, RATE);
    expect(scores.map(({ statistic }) => statistic)).toEqual(["score"]);
    expect([rose, fell]).toEqual([[], []]);
  });
});

describe("what chance makes of PSI", () => {
  // Of equal shares PSI is about (1/n + 1/m) times a chi-square of bins - 1 degrees of freedom.
  it.each([
    [[5_000, 5_000], 10_000, 10_000, 1, 1],
    [[1_000, 1_000, 1_000, 1_000], 4_000, 2_000, 3, 1],
    [[5_000, 5_000], 10_000, 10_000, 1, 4],
  ])("has the mean and variance of a chi-square: %j", (reference, n, m, freedom, designEffect) => {
    const unit = designEffect * (1 / n + 1 / m);
    const chance = psiUnderChance({ reference, referenceRows: n, rows: m, designEffect, kind: "bins" }, RATE);
    // 500 draws know the mean to 6% (one degree of freedom) and the variance to about 20%.
    expect(Math.abs(chance.expected / (freedom * unit) - 1)).toBeLessThan(0.15);
    expect(Math.abs(chance.variance / (2 * freedom * unit * unit) - 1)).toBeLessThan(0.5);
  });

  // Wilson and Hilferty's cube at the chi-square's own moments: mean k, variance 2k, so shape k/2.
  it("has the threshold of the gamma distribution with its mean and variance", () => {
    const reference = [250, 250, 250, 250];
    const chance = psiUnderChance(
      { reference, referenceRows: 1_000, rows: 500, designEffect: 1, kind: "bins" },
      0.05,
    );
    const shape = chance.expected ** 2 / chance.variance;
    const cube = (1 - 1 / (9 * shape) + 1.6448536269514722 / (3 * Math.sqrt(shape))) ** 3;
    expect(chance.threshold).toBeCloseTo(chance.expected * cube, 9);
  });

  // One row on either side, and two words that each has with a chance of (0 + 1/2) / (1 + 1): shares of words are 1/2 and
  // 1/2 in 10 of 16 cases, 3/4 and 1/4 in 3, and the other way round in 3. PSI of the first against another is
  // ln(3) / 4, of the other two ln(3), each of which two sides have by turns.
  it("of words is that of words that come and go by themselves", () => {
    const two = { reference: [0, 0], referenceRows: 1, rows: 1, kind: "words" as const };
    const mean = 2 * (10 / 16) * (6 / 16) * (Math.log(3) / 4) + 2 * (3 / 16) ** 2 * Math.log(3);
    for (const designEffect of [1, 1_000]) {
      const chance = psiUnderChance({ ...two, designEffect }, RATE);
      // The standard deviation of one draw is 0.28: five standard errors of 500.
      expect(Math.abs(chance.expected - mean)).toBeLessThan((5 * 0.28) / Math.sqrt(500));
    }
  });

  // Rows that are worth one, on either side, in one of four equal bins, however many there are: shares of 1/2 and three
  // times 1/6. Two sides are in different bins in 3 of 4 cases, and PSI is 2 (1/2 - 1/6) ln(3) then; its standard
  // deviation is 0.32.
  it("of bins is that of rows which are in one of them", () => {
    const four = { reference: [0, 0, 0, 0], rows: 1, designEffect: 1, kind: "bins" as const };
    const mean = (3 / 4) * (2 / 3) * Math.log(3);
    for (const referenceRows of [1, 0]) {
      const chance = psiUnderChance({ ...four, referenceRows }, RATE);
      expect(Math.abs(chance.expected - mean)).toBeLessThan((5 * 0.32) / Math.sqrt(500));
    }
  });

  it("is nothing if there is nothing to vary", () => {
    const none = { reference: [0, 0], referenceRows: 0, rows: 0, designEffect: 1, kind: "words" as const };
    const chance = psiUnderChance({ ...none, reference: [] }, RATE);
    expect(chance).toEqual({ expected: 0, variance: 0, threshold: 0 });
  });

  it("varies between samples that differ by numpy's delta method", () => {
    const [p, q] = [
      [0.5, 0.5],
      [0.2, 0.8],
    ];
    // s = ln(p/q) + 1 - q/p: (1.516291, -1.070004) over p, (-2.416291, 0.845004) over q.
    expect(psiSamplingVariance(p!, 1_500, q!, 500)).toBeCloseTo(
      1.672229630590136 / 1_500 + 1.7017665455795834 / 500,
      12,
    );
  });
});

describe("words that rose and fell", () => {
  // Student's t of scipy for 0.01 / (2 x 3) and 9 degrees of freedom is 3.954: with 100 of 1,000 texts before, 86 of
  // 500 are 1.009 of the least difference and 21 are 0.983; with a design effect of 4, 129 of 500 are 1.01.
  it.each([
    [86, 1, true],
    [85, 1, false],
    [19, 1, true],
    [21, 1, false],
    [129, 4, true],
    [126, 4, false],
  ])(
    "are marked beyond chance: 100 of 1,000, then %d of 500, design effect %d",
    (count, effect, significant) => {
      const terms = words(["a", "b", "c"], [100, 300, 300]);
      const window = windowOf(500, { documentFrequency: Float64Array.from([count, 150, 150]) });
      for (const given of [
        { ...terms, designEffect: effect },
        { ...terms, designEffect: 9, designEffects: [effect, 1, 1] },
      ]) {
        const { rose, fell } = compareWithReference(profile(1_000, { terms: given }), window, RATE);
        expect([...rose, ...fell]).toEqual([
          { word: "a", referenceShare: 0.1, currentShare: count / 500, significant },
        ]);
      }
    },
  );

  it("are the twenty that moved most on either side, the most first", () => {
    const names = Array.from({ length: 60 }, (_, i) => `w${String(i).padStart(2, "0")}`);
    const terms = words(
      [...names],
      names.map(() => 500),
    );
    // w00 rises most, w59 falls most, and they do not come in that order.
    terms.words.sort((a, b) => (Number(a.slice(1)) % 7) - (Number(b.slice(1)) % 7));
    const documentFrequency = Float64Array.from(
      terms.words,
      (name) => 500 + 10 * (30 - Number(name.slice(1))) - 5,
    );
    const { rose, fell } = compareWithReference(
      profile(1_000, { terms }),
      windowOf(1_000, { documentFrequency }),
      RATE,
    );
    expect(rose.map(({ word }) => word)).toEqual(names.slice(0, 20));
    expect(fell.map(({ word }) => word)).toEqual(names.slice(-20).reverse());
  });

  it("are none without words; shares of unknown tokens are of both sides", () => {
    const terms = words([], []);
    const window = windowOf(1_000, { documentFrequency: new Float64Array(0) });
    const { rose, fell, outOfVocabularyShare } = compareWithReference(
      profile(1_000, { terms }),
      window,
      RATE,
    );
    expect([rose, fell]).toEqual([[], []]);
    expect(outOfVocabularyShare).toEqual({ reference: 0.25, current: 0.6 });
    const none = compareWithReference(
      profile(1_000, { tokens: { all: 0, outOfVocabulary: 0 } }),
      windowOf(1_000, { tokens: { all: 0, outOfVocabulary: 0 } }),
      RATE,
    );
    expect(none.outOfVocabularyShare).toEqual({ reference: 0, current: 0 });
  });

  it("are compared with other rows than the training's if such are given", () => {
    const counts = windowOf(2_000, {
      predicted: Float64Array.from([1_600, 400]),
      tokens: { all: 10, outOfVocabulary: 1 },
    });
    const reference = { path: "/data/weeks.csv", counts };
    const window = windowOf(1_000, { predicted: Float64Array.from([800, 200]) });
    const found = compareWithReference(profile(10_000), window, RATE, reference);
    expect(found.reference).toEqual({ path: "/data/weeks.csv", rows: 2_000 });
    expect(found.scores.find(({ statistic }) => statistic === "predicted_label")!.psi).toBeCloseTo(0, 5);
    expect(found.outOfVocabularyShare).toEqual({ reference: 0.1, current: 0.6 });
    const textless = compareWithReference(profile(10_000), window, RATE, {
      ...reference,
      counts: { ...counts, texts: 0 },
    });
    expect(textless.scores.map(({ statistic }) => statistic)).toEqual(["score", "predicted_label"]);
  });
});
