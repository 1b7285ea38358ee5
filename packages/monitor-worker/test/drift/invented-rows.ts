import { DriftWindow } from "@colaml/monitor-worker/drift/drift-window";
import { openRandom } from "@colaml/monitor-worker/statistics/random";
import type { Random } from "@colaml/shared/learning/data/seeded-random";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";

/** The vocabulary of an invented model. */
export const WORDS = Array.from({ length: 60 }, (_, i) => `word${i}`);
/** Its tokens: words between spaces. */
export const split = (text: string) => text.split(" ").filter((word) => word !== "");

/** Texts of a customer or an agent: each side has words it likes, and words of nobody's vocabulary. */
function writeText(customer: boolean, random: Random): string {
  const length = 4 + Math.floor(random() * 12);
  const words = Array.from({ length }, () => {
    if (random() < 0.3) return `rare${Math.floor(random() * 5_000)}`;
    const favourite = Math.floor(random() ** 2 * 40);
    return WORDS[customer ? favourite : 59 - favourite]!;
  });
  return words.join(" ");
}

interface Row {
  text: string;
  score: number;
}

/** `n` rows with a text and the score of a model, of which a share is of customers. */
export function writeRows(n: number, customerShare: number, seed: number): Row[] {
  const random = openRandom(seed);
  return Array.from({ length: n }, () => {
    const customer = random() < customerShare;
    const score = Math.min(0.999, Math.max(0.001, (customer ? 0.75 : 0.25) + (random() - 0.5) * 0.6));
    return { text: writeText(customer, random), score };
  });
}

/** The profile of a training without rows. */
export const EMPTY: ReferenceProfile = {
  formatVersion: 1,
  rows: 1,
  blockRows: 1,
  classes: ["False", "True"],
  terms: { words: WORDS, documentFrequency: WORDS.map(() => 0), designEffect: 1 },
  textLength: { edges: [30, 40, 50, 60, 70, 80], counts: new Array(7).fill(0), designEffect: 1 },
  outOfVocabulary: { edges: [0.1, 0.2, 0.3, 0.4, 0.5], counts: new Array(6).fill(0), designEffect: 1 },
  tokens: { all: 0, outOfVocabulary: 0 },
  score: {
    edges: Array.from({ length: 19 }, (_, i) => (i + 1) / 20),
    counts: new Array(20).fill(0),
    designEffect: 1,
  },
  labels: { predicted: [0, 0], actual: [0, 0], designEffect: 1 },
  calibration: [],
  quality: { rows: 1, metrics: {} },
};

/** The counts of rows in the bins of a profile. */
export function windowOf(rows: readonly Row[], profile = EMPTY) {
  const window = new DriftWindow(profile, WORDS, split);
  for (const { text, score } of rows) {
    window.addPrediction(score > 0.5 ? 1 : 0, [1 - score, score]);
    window.addText(text);
  }
  return window.counts;
}

/** The profile a training would store for these rows. */
export function profileOf(rows: readonly Row[]): ReferenceProfile {
  const counts = windowOf(rows);
  return {
    ...EMPTY,
    rows: counts.rows,
    terms: { ...EMPTY.terms, documentFrequency: [...counts.documentFrequency] },
    textLength: { ...EMPTY.textLength, counts: [...counts.textLength] },
    outOfVocabulary: { ...EMPTY.outOfVocabulary, counts: [...counts.outOfVocabulary] },
    tokens: counts.tokens,
    score: { ...EMPTY.score, counts: [...counts.score] },
    labels: { ...EMPTY.labels, predicted: [...counts.predicted] },
  };
}
