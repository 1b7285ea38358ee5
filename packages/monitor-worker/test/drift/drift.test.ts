import { psiSamplingVariance, psiUnderChance } from "@colaml/monitor-worker/drift/drift-calibration";
import { compareWithReference } from "@colaml/monitor-worker/drift/drift-result";
import { DriftWindow } from "@colaml/monitor-worker/drift/drift-window";
import expected from "../fixtures/drift.json";
import { EMPTY, profileOf, split, WORDS, windowOf, writeRows } from "./invented-rows";

describe("drift thresholds", () => {
  it.each(expected.thresholds)(
    "are near the chi-square's for large windows: $bins bins, $n and $m rows",
    ({ bins, n, m, rate, psi }) => {
      const reference = new Array(bins).fill(n / bins);
      const { threshold, expected: mean } = psiUnderChance(
        { reference, referenceRows: n, rows: m, designEffect: 1, kind: "bins" },
        rate,
      );
      // Of equal shares PSI is about (1 / n + 1 / m) times a chi-square, whose mean is its degrees of freedom.
      expect(mean / ((1 / n + 1 / m) * (bins - 1))).toBeGreaterThan(0.9);
      expect(mean / ((1 / n + 1 / m) * (bins - 1))).toBeLessThan(1.1);
      expect(threshold / psi).toBeGreaterThan(0.85);
      expect(threshold / psi).toBeLessThan(1.15);
    },
  );

  it.each([
    { p: [0.5, 0.5], n: 1_500, q: [0.2, 0.8], m: 500, variance: 0.004556 },
    { p: [0.4, 0.3, 0.2, 0.1], n: 2_000, q: [0.1, 0.3, 0.2, 0.4], m: 1_000, variance: 0.005407 },
  ])("know how PSI varies between samples that differ, as 200,000 draws of numpy do: $p and $q", (drawn) => {
    const { p, n, q, m, variance } = drawn;
    expect(psiSamplingVariance(p, n, q, m) / variance).toBeGreaterThan(0.93);
    expect(psiSamplingVariance(p, n, q, m) / variance).toBeLessThan(1.07);
  });

  it("grow as windows shrink and as neighbouring rows are more alike", () => {
    const base = { reference: [500, 300, 200], referenceRows: 1_000, rows: 1_000, kind: "bins" as const };
    const threshold = (more: { rows?: number; designEffect: number }) =>
      psiUnderChance({ ...base, ...more }, 0.01).threshold;
    const usual = threshold({ designEffect: 1 });
    expect(threshold({ rows: 100, designEffect: 1 })).toBeGreaterThan(2 * usual);
    expect(threshold({ designEffect: 4 })).toBeGreaterThan(3 * usual);
  });

  it("see customers against agents", () => {
    const profile = profileOf(writeRows(2_000, 0.5, 1));
    for (const share of [1, 0]) {
      const found = compareWithReference(profile, windowOf(writeRows(500, share, 2)), 0.01);
      expect(found.level).toBe("alert");
      expect(found.scores.filter(({ level }) => level === "alert").map(({ statistic }) => statistic)).toEqual(
        expect.arrayContaining(["vocabulary", "score", "predicted_label"]),
      );
    }
  });
});

describe("words", () => {
  it("name what rose and what fell, with shares", () => {
    const reference = Array.from({ length: 400 }, (_, i) => ({
      text: i % 2 ? "word0 word1" : "word1",
      score: 0.4,
    }));
    const current = Array.from({ length: 400 }, (_, i) => ({
      text: i % 4 ? "word1" : "word1 word2",
      score: 0.4,
    }));
    const { rose, fell, outOfVocabularyShare } = compareWithReference(
      profileOf(reference),
      windowOf(current),
      0.01,
    );
    expect(rose).toEqual([{ word: "word2", referenceShare: 0, currentShare: 0.25, significant: true }]);
    expect(fell).toEqual([{ word: "word0", referenceShare: 0.5, currentShare: 0, significant: true }]);
    expect(outOfVocabularyShare).toEqual({ reference: 0, current: 0 });
  });

  it("count the words constructor and __proto__ like any other, each once per text", () => {
    const words = ["constructor", "__proto__"];
    const profile = { ...EMPTY, terms: { words, documentFrequency: [1, 1], designEffect: 1 } };
    const window = new DriftWindow(profile, words, split);
    window.addText("constructor constructor __proto__ toString");
    expect([...window.counts.documentFrequency]).toEqual([1, 1]);
    expect(window.counts.tokens).toEqual({ all: 4, outOfVocabulary: 1 });
  });

  it("count the texts of which the model knows no word, those without any word too", () => {
    const window = new DriftWindow(EMPTY, WORDS, split);
    for (const text of ["word1 x", "x y", "", "word2"]) window.addText(text);
    expect([window.counts.texts, window.counts.withoutKnownWords]).toEqual([4, 2]);
  });

  it("leave text statistics out if the window has no texts", () => {
    const profile = profileOf(writeRows(200, 0.5, 3));
    const window = new DriftWindow(profile, WORDS, split);
    window.addPrediction(1, [0.2, 0.8]);
    const found = compareWithReference(profile, window.counts, 0.01);
    expect(found.scores.map(({ statistic }) => statistic)).toEqual(["score", "predicted_label"]);
    expect(found.rose).toEqual([]);
  });
});
