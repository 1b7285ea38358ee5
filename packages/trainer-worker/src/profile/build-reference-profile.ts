import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import {
  binOf,
  MAX_PROFILE_TERMS,
  type ProfileHistogram,
  type ReferenceProfile,
} from "@colaml/shared/learning/model/reference-profile";
import type { VocabularySketchData } from "@colaml/shared/learning/text/vocabulary-sketch";
import type { Analyzer } from "@colaml/shared/settings/features-settings";
import { calibrationBins } from "./calibration-bins";
import { blockRowsOf, designEffect, termsDesignEffect, wordDesignEffects } from "./design-effect";
import { labelOrder, shuffledRows } from "./label-order";
import { wordVarianceFactor } from "./word-dependence";

/** What was seen of the profiled rows, in file order; every array has an entry a row. */
export interface ProfiledRows {
  /** UTF-16 code units of each text. */
  textLength: ArrayLike<number>;
  tokens: ArrayLike<number>;
  /** Tokens that are not terms of the model. */
  unknownTokens: ArrayLike<number>;
  /** Terms of a row, each once. */
  termsOf: (row: number) => ArrayLike<number>;
  /** Class index of each row. */
  actual: ArrayLike<number>;
  /** Class index the model predicts. */
  predicted: ArrayLike<number>;
  /** nRows x nClasses. */
  probabilities: Float64Array;
}

/** The terms that `termsOf` numbers. */
export interface ProfiledTerms {
  words: readonly string[];
  /** What they are; absent: words. */
  analyzer?: Analyzer;
}

const tenths = (bins: number) => Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
const SCORE_EDGES = tenths(20);
const SHARE_EDGES = tenths(10);
const SHUFFLE_SEED = 42;

/**
 * The reference profile of a model: counts over the rows, no text but the model's own terms. How alike neighbouring
 * rows are is measured in file order; of a file that is sorted by label on shuffled rows, since there it would say
 * how the file was written and not how rows come in time.
 *
 * @param quality what the model reached on its test rows
 * @param vocabulary sketch of all words of the training rows
 */
export function buildReferenceProfile(
  inFileOrder: ProfiledRows,
  classes: readonly string[],
  terms: ProfiledTerms,
  quality: ReferenceProfile["quality"],
  vocabulary?: VocabularySketchData,
): ReferenceProfile {
  const n = inFileOrder.actual.length;
  const order = labelOrder(inFileOrder.actual, classes.length);
  const rows = order.sortedByLabel ? shuffled(inFileOrder, classes.length) : inFileOrder;
  const scores = scoresOf(rows, classes.length);
  const unknown = Float64Array.from({ length: n }, (_, row) =>
    rows.tokens[row]! > 0 ? rows.unknownTokens[row]! / rows.tokens[row]! : 1,
  );
  return {
    formatVersion: 2,
    rows: n,
    blockRows: blockRowsOf(n),
    order,
    classes: [...classes],
    terms: profileTerms(rows, terms),
    textLength: histogram(rows.textLength, decilesOf(rows.textLength)),
    outOfVocabulary: histogram(unknown, SHARE_EDGES),
    tokens: { all: sumOf(rows.tokens), outOfVocabulary: sumOf(rows.unknownTokens) },
    score: histogram(scores, SCORE_EDGES),
    labels: {
      predicted: countsOf(rows.predicted, classes.length),
      actual: countsOf(rows.actual, classes.length),
      designEffect: designEffect(rows.predicted, classes.length),
    },
    calibration: calibrationBins(rows.probabilities, rows.actual, classes.length),
    quality,
    ...(vocabulary ? { vocabulary } : {}),
  };
}

function shuffled(rows: ProfiledRows, nClasses: number): ProfiledRows {
  const from = shuffledRows(rows.actual.length, seededRandom(SHUFFLE_SEED));
  const each = (values: ArrayLike<number>) => Float64Array.from(from, (row) => values[row]!);
  const probabilities = new Float64Array(rows.probabilities.length);
  for (const [to, row] of from.entries())
    probabilities.set(rows.probabilities.subarray(row * nClasses, (row + 1) * nClasses), to * nClasses);
  return {
    textLength: each(rows.textLength),
    tokens: each(rows.tokens),
    unknownTokens: each(rows.unknownTokens),
    termsOf: (row) => rows.termsOf(from[row]!),
    actual: each(rows.actual),
    predicted: each(rows.predicted),
    probabilities,
  };
}

/** Binary: the probability of class 1; multiclass: that of the predicted class. */
function scoresOf({ probabilities, predicted, actual }: ProfiledRows, nClasses: number): Float64Array {
  return Float64Array.from(
    actual as ArrayLike<number>,
    (_, row) => probabilities[row * nClasses + (nClasses === 2 ? 1 : predicted[row]!)]!,
  );
}

function histogram(values: ArrayLike<number>, edges: number[]): ProfileHistogram {
  const bins = Uint16Array.from(values as ArrayLike<number>, (value) => binOf(edges, value));
  const counts = countsOf(bins, edges.length + 1);
  return { edges, counts, designEffect: designEffect(bins, edges.length + 1) };
}

/** The different deciles of the values: fewer than nine if values repeat. */
function decilesOf(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values as ArrayLike<number>).sort();
  const deciles = Array.from({ length: 9 }, (_, i) => sorted[Math.floor(((i + 1) / 10) * sorted.length)]!);
  return [...new Set(deciles)].filter((edge) => edge > sorted[0]!);
}

function profileTerms(
  rows: ProfiledRows,
  { words: terms, analyzer = "word" }: ProfiledTerms,
): ReferenceProfile["terms"] {
  const n = rows.actual.length;
  const frequency = new Uint32Array(terms.length);
  for (let row = 0; row < n; row++) forEach(rows.termsOf(row), (term) => frequency[term]!++);
  const kept = Array.from(terms.keys())
    .sort((a, b) => frequency[b]! - frequency[a]! || a - b)
    .slice(0, MAX_PROFILE_TERMS);
  const documents = blockDocuments(rows, terms.length, kept);
  const blockRows = blockRowsOf(n);
  return {
    ...(analyzer === "word" ? {} : { analyzer }),
    words: kept.map((term) => terms[term]!),
    documentFrequency: kept.map((term) => frequency[term]!),
    designEffect: termsDesignEffect(documents, blockRows, kept.length),
    designEffects: wordDesignEffects(documents, blockRows, kept.length),
    varianceFactor: wordVarianceFactor(rows.termsOf, n, terms.length, kept),
  };
}

function blockDocuments(rows: ProfiledRows, nTerms: number, kept: readonly number[]): Uint32Array[] {
  const blockRows = blockRowsOf(rows.actual.length);
  const column = new Int32Array(nTerms).fill(-1);
  kept.forEach((term, i) => {
    column[term] = i;
  });
  return Array.from({ length: Math.floor(rows.actual.length / blockRows) }, (_, block) => {
    const documents = new Uint32Array(kept.length);
    for (let row = block * blockRows; row < (block + 1) * blockRows; row++) {
      forEach(rows.termsOf(row), (term) => {
        if (column[term]! >= 0) documents[column[term]!]!++;
      });
    }
    return documents;
  });
}

function countsOf(values: ArrayLike<number>, size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  forEach(values, (value) => counts[value]!++);
  return counts;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

function forEach(values: ArrayLike<number>, visit: (value: number) => void): void {
  for (let i = 0; i < values.length; i++) visit(values[i]!);
}
