import {
  DRIFT_STATISTICS,
  type DriftLevel,
  type DriftResult,
  type DriftScore,
  type DriftStatistic,
  type WordDrift,
} from "@colaml/shared/jobs/monitor";
import type { ReferenceProfile } from "@colaml/shared/model/reference-profile";
import { jensenShannonDistance } from "../statistics/jensen-shannon";
import { populationStabilityIndex, smoothedShares } from "../statistics/psi";
import { studentQuantile } from "../statistics/student";
import { type Comparison, calibratedPsiThreshold } from "./drift-calibration";
import type { WindowCounts } from "./drift-window";

/** By convention a moderate shift; below it drift is a warning even where chance is excluded. */
export const MODERATE_PSI = 0.1;
const WORDS_SHOWN = 20;

/**
 * The window against the reference. The false alarm rate is that of the whole check: each of its statistics gets
 * an equal part of it (Bonferroni). Text statistics are left out where the window has no texts.
 *
 * @param window at least one row
 */
export function compareWithReference(
  profile: ReferenceProfile,
  window: WindowCounts,
  falseAlarmRate: number,
): DriftResult {
  const scores = DRIFT_STATISTICS.flatMap((statistic) => {
    const [comparison, current] = comparisonOf(statistic, profile, window);
    if (comparison.rows === 0 || comparison.reference.length < 2) return [];
    return [scoreOf(statistic, comparison, current, falseAlarmRate / DRIFT_STATISTICS.length)];
  });
  const words = window.texts > 0 ? wordDrifts(profile, window, falseAlarmRate) : [];
  const byChange = words.sort((a, b) => changeOf(b) - changeOf(a));
  return {
    rows: window.rows,
    level: highest(scores),
    scores,
    rose: byChange.filter((word) => changeOf(word) > 0).slice(0, WORDS_SHOWN),
    fell: byChange
      .filter((word) => changeOf(word) < 0)
      .slice(-WORDS_SHOWN)
      .reverse(),
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
  const psiThreshold = calibratedPsiThreshold(comparison, falseAlarmRate);
  const level = psi <= psiThreshold ? "none" : psi < MODERATE_PSI ? "warning" : "alert";
  return { statistic, psi, jensenShannon: jensenShannonDistance(p, q), psiThreshold, level };
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
  const { words, documentFrequency, designEffect, designEffects } = profile.terms;
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
    return { word, referenceShare, currentShare, significant };
  });
}

const changeOf = ({ referenceShare, currentShare }: WordDrift) => currentShare - referenceShare;
const shareOf = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
