import {
  DRIFT_STATISTICS,
  type DriftLevel,
  type DriftResult,
  type DriftScore,
  type DriftStatistic,
  type WordDrift,
} from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { termLabel } from "@colaml/shared/learning/text/term-label";
import { VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { jensenShannonDistance } from "../statistics/jensen-shannon";
import { populationStabilityIndex, smoothedShares } from "../statistics/psi";
import { studentQuantile } from "../statistics/student";
import { type Comparison, psiSamplingVariance, psiUnderChance } from "./drift-calibration";
import { type DriftReference, profileOfReference } from "./drift-reference";
import type { WindowCounts } from "./drift-window";

/**
 * A shift is an alert if it is surely larger than this, in PSI beyond what chance gives; else a warning. A class that
 * falls from 50% of the predictions to 41% has it. One bound for every size: more rows make no verdict milder.
 */
export const SMALL_PSI = 0.03;
/** One-sided 95%. */
const Z_LOW = 1.6448536269514722;
const WORDS_SHOWN = 20;

/**
 * The window against the reference. The false alarm rate is that of the whole check: each of its statistics gets
 * an equal part of it (Bonferroni). Text statistics are left out if the window has no texts.
 *
 * @param trained the profile of the training
 * @param counted at least one row
 * @param reference rows to compare with instead of the training's
 */
export function compareWithReference(
  trained: ReferenceProfile,
  counted: WindowCounts,
  falseAlarmRate: number,
  reference?: DriftReference,
): DriftResult {
  const profile = reference ? profileOfReference(trained, reference) : trained;
  // Texts can only be compared if both sides have them.
  const window = reference?.counts.texts === 0 ? { ...counted, texts: 0 } : counted;
  const scores = DRIFT_STATISTICS.flatMap((statistic) => {
    const [comparison, current] = comparisonOf(statistic, profile, window);
    if (comparison.rows === 0 || comparison.reference.length < 2) return [];
    return [scoreOf(statistic, comparison, current, falseAlarmRate / DRIFT_STATISTICS.length)];
  });
  const words = window.texts > 0 ? wordDrifts(profile, window, falseAlarmRate) : [];
  const newWords =
    profile.vocabulary &&
    window.newWords?.found(
      new VocabularySketch(profile.vocabulary),
      profile.terms.designEffect,
      falseAlarmRate,
    );
  const byChange = words.sort((a, b) => changeOf(b) - changeOf(a));
  return {
    rows: window.rows,
    ...(reference ? { reference: { path: reference.path, rows: profile.rows } } : {}),
    level: highest(scores),
    scores,
    rose: byChange.filter((word) => changeOf(word) > 0).slice(0, WORDS_SHOWN),
    fell: byChange
      .filter((word) => changeOf(word) < 0)
      .slice(-WORDS_SHOWN)
      .reverse(),
    ...(newWords ? { newWords } : {}),
    outOfVocabularyShare: {
      reference: shareOf(profile.tokens.outOfVocabulary, profile.tokens.all),
      current: shareOf(window.tokens.outOfVocabulary, window.tokens.all),
    },
  };
}

function comparisonOf(
  statistic: DriftStatistic,
  profile: ReferenceProfile,
  window: WindowCounts,
): [Comparison, Float64Array] {
  const base = { referenceRows: profile.rows, kind: "bins" as const };
  const ofTexts = { ...base, rows: window.texts };
  const ofRows = { ...base, rows: window.rows };
  switch (statistic) {
    case "vocabulary": {
      const { documentFrequency: reference, designEffect, varianceFactor = 1 } = profile.terms;
      const comparison = { ...ofTexts, kind: "words" as const, reference, designEffect, varianceFactor };
      return [comparison, window.documentFrequency];
    }
    case "out_of_vocabulary": {
      const { counts: reference, designEffect } = profile.outOfVocabulary;
      return [{ ...ofTexts, reference, designEffect }, window.outOfVocabulary];
    }
    case "text_length": {
      const { counts: reference, designEffect } = profile.textLength;
      return [{ ...ofTexts, reference, designEffect }, window.textLength];
    }
    case "score": {
      const { counts: reference, designEffect } = profile.score;
      return [{ ...ofRows, reference, designEffect }, window.score];
    }
    case "predicted_label": {
      const { predicted: reference, designEffect } = profile.labels;
      return [{ ...ofRows, reference, designEffect }, window.predicted];
    }
  }
}

function scoreOf(
  statistic: DriftStatistic,
  comparison: Comparison,
  current: Float64Array,
  falseAlarmRate: number,
): DriftScore {
  const [p, q] = [smoothedShares(comparison.reference), smoothedShares(current)];
  const psi = populationStabilityIndex(p, q);
  const chance = psiUnderChance(comparison, falseAlarmRate);
  const psiLow =
    psi - chance.expected - Z_LOW * Math.sqrt(chance.variance + shiftVariance(comparison, current, p, q));
  const level = psi <= chance.threshold ? "none" : psiLow < SMALL_PSI ? "warning" : "alert";
  return {
    statistic,
    psi,
    jensenShannon: jensenShannonDistance(p, q),
    psiExpected: chance.expected,
    psiThreshold: chance.threshold,
    psiLow,
    level,
  };
}

/** Each side is a draw of as many as its counts add up to: of rows, or of the words that its rows hold. */
function shiftVariance(
  { reference, designEffect, varianceFactor = 1 }: Comparison,
  current: Float64Array,
  p: Float64Array,
  q: Float64Array,
): number {
  const [n, m] = [reference, current].map((counts) => Math.max(1, sumOf(counts) / designEffect));
  return varianceFactor * psiSamplingVariance(p, n!, q, m!);
}

function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

function highest(scores: readonly DriftScore[]): DriftLevel {
  const levels = new Set(scores.map(({ level }) => level));
  return levels.has("alert") ? "alert" : levels.has("warning") ? "warning" : "none";
}

/**
 * Two-proportion test of each word, Bonferroni over the words, its error widened by the word's design effect. That
 * was estimated from a few blocks, hence Student's t with their degrees of freedom instead of the normal.
 */
function wordDrifts(profile: ReferenceProfile, window: WindowCounts, falseAlarmRate: number): WordDrift[] {
  const { words, analyzer = "word", documentFrequency, designEffect, designEffects } = profile.terms;
  if (words.length === 0) return [];
  const freedom = Math.max(1, Math.floor(profile.rows / profile.blockRows) - 1);
  const t = -studentQuantile(falseAlarmRate / (2 * words.length), freedom);
  const [n, m] = [profile.rows, window.texts];
  return words.map((word, i) => {
    const [a, b] = [documentFrequency[i]!, window.documentFrequency[i]!];
    const pooled = (a + b) / (n + m);
    const effect = designEffects?.[i] ?? designEffect;
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * effect);
    const [referenceShare, currentShare] = [a / n, b / m];
    const significant = Math.abs(currentShare - referenceShare) > t * error;
    return { word: termLabel(word, analyzer), referenceShare, currentShare, significant };
  });
}

const changeOf = ({ referenceShare, currentShare }: WordDrift) => currentShare - referenceShare;
const shareOf = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
