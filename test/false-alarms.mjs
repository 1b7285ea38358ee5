// How often the drift check alarms on rows that differ only by chance, and that it does on rows of one side
// only. A process of its own: jest's contexts make the many draws ten times slower.
// Arguments: a file to train on, a file of rows, trials a size, sizes as reference:window, rates by comma.
// Prints {alarms: [{reference, window, counts: one a rate, ofStatistic: at the last rate}], stretches: {windows, alarms,
// asIfRandom, words: windows with any word marked}, sides: [{label, rows, level, words}], halves: {level, scores},
// falls: [{points, rows, windows, alerts}], sorted: {designEffects, alerts: of windows with a fall, windows}}.
import { compareWithReference } from "@colaml/monitor-worker/drift/drift-result";
import { DriftWindow } from "@colaml/monitor-worker/drift/drift-window";
import { openRandom } from "@colaml/monitor-worker/statistics/random";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { buildReferenceProfile } from "@colaml/trainer-worker/profile/build-reference-profile";
import { trainModel } from "@colaml/trainer-worker/training/training";

const [learned, path, trials, sizes, rates] = process.argv.slice(2);
const RATES = rates.split(",").map(Number);
const DEFAULT_RATE = 0.01;

/** A model trained with the defaults, published nowhere. */
async function trainOn(file) {
  const hooks = { progress() {}, signal: new AbortController().signal, maxMemoryMb: 2_048 };
  return (await trainModel(trainJobSchema.parse({ dataset: { path: file } }), hooks)).bundle;
}

/** Every row of a file with what the model says of it. */
async function scoreFile(file, { classes, terms, columns, features }) {
  const classifier = createClassifier(bundle);
  const tokenise = createTokenizer(featureParts(features)[0]);
  const termOf = new Map(terms.map((term, i) => [term, i]));
  const scored = [];
  for await (const { texts, labels } of readDataset({ path: file }, columns).batches()) {
    for (const [i, text] of texts.entries()) {
      const tokens = tokenise(text);
      const known = tokens.map((token) => termOf.get(token)).filter((term) => term !== undefined);
      const probabilities = new Float64Array(classes.length);
      const predicted = classifier.predict(text, probabilities);
      const actual = classes.indexOf(labels[i]);
      const unknownTokens = tokens.length - known.length;
      scored.push({
        text,
        tokens,
        terms: [...new Set(known)],
        unknownTokens,
        actual,
        predicted,
        probabilities,
      });
    }
  }
  return scored;
}

/** The profile that the trainer stores if these are its held-out rows. */
function profileOf(some) {
  const { classes, terms } = bundle;
  const probabilities = new Float64Array(some.length * classes.length);
  for (const [i, row] of some.entries()) probabilities.set(row.probabilities, i * classes.length);
  const profiled = {
    textLength: some.map(({ text }) => text.length),
    tokens: some.map(({ tokens }) => tokens.length),
    unknownTokens: some.map(({ unknownTokens }) => unknownTokens),
    termsOf: (row) => some[row].terms,
    actual: some.map(({ actual }) => actual),
    predicted: some.map(({ predicted }) => predicted),
    probabilities,
  };
  return buildReferenceProfile(profiled, classes, { words: terms }, { rows: some.length, metrics: {} });
}

/** The monitor's counts of a window. */
function windowOf(some, profile) {
  let row = 0;
  // The tokens are known: tokenising each row again for each window would take most of the time.
  const window = new DriftWindow(profile, bundle.terms, () => some[row].tokens);
  for (; row < some.length; row++) {
    window.addPrediction(some[row].predicted, some[row].probabilities);
    window.addText(some[row].text);
  }
  return window.counts;
}

/** Moves `count` random rows to the front (Fisher and Yates), in place. */
function drawToFront(count, random) {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (rows.length - i));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
}

/**
 * A trial draws reference and window at random from the same rows, none in both: nothing but chance tells them
 * apart, and given the rows the trials are independent, so that the count of alarms is binomial.
 */
function alarms(reference, window) {
  const random = openRandom(window);
  const counts = RATES.map(() => 0);
  const ofStatistic = {};
  for (let trial = 0; trial < Number(trials); trial++) {
    drawToFront(reference + window, random);
    const profile = profileOf(rows.slice(0, reference));
    const current = windowOf(rows.slice(reference, reference + window), profile);
    for (const [i, rate] of RATES.entries()) {
      const { level, scores } = compareWithReference(profile, current, rate);
      if (level !== "none") counts[i]++;
      if (rate !== RATES.at(-1)) continue;
      for (const score of scores) {
        ofStatistic[score.statistic] ??= 0;
        if (score.level !== "none") ofStatistic[score.statistic]++;
      }
    }
  }
  return { reference, window, counts, ofStatistic };
}

/**
 * Windows of neighbouring rows, as a stream brings them, against every second row of the file: neighbours are alike,
 * and the windows differ by more than random ones do. `asIfRandom`: the alarms that ignoring that would give.
 */
function stretches() {
  const profile = profileOf(rows.filter((_, i) => i % 2 === 1));
  const others = rows.filter((_, i) => i % 2 === 0);
  const parts = ["terms", "textLength", "outOfVocabulary", "score", "labels"];
  const ignoring = parts.map((part) => [part, { ...profile[part], designEffect: 1 }]);
  const random = { ...profile, ...Object.fromEntries(ignoring) };
  const found = { windows: 0, alarms: 0, asIfRandom: 0, words: 0 };
  for (const length of [200, 500, 1_000]) {
    for (let at = 0; at + length <= others.length; at += length) {
      const window = windowOf(others.slice(at, at + length), profile);
      found.windows++;
      const { level, rose, fell } = compareWithReference(profile, window, DEFAULT_RATE);
      if (level !== "none") found.alarms++;
      if ([...rose, ...fell].some(({ significant }) => significant)) found.words++;
      if (compareWithReference(random, window, DEFAULT_RATE).level !== "none") found.asIfRandom++;
    }
  }
  return found;
}

function halves() {
  drawToFront(rows.length, openRandom(42));
  const middle = Math.floor(rows.length / 2);
  const profile = profileOf(rows.slice(0, middle));
  const { level, scores } = compareWithReference(
    profile,
    windowOf(rows.slice(middle), profile),
    DEFAULT_RATE,
  );
  return { level, scores: scores.length };
}

/** Rows of one class only against a reference of both, in file order as the trainer profiles them. */
function side(label, count) {
  const profile = profileOf(rows.filter((_, i) => i % 2 === 1));
  const ofSide = rows.filter(({ actual }, i) => i % 2 === 0 && bundle.classes[actual] === label);
  const window = windowOf(ofSide.slice(0, count), profile);
  const { level, rose, fell } = compareWithReference(profile, window, DEFAULT_RATE);
  const words = [...rose, ...fell].filter(({ significant }) => significant).length;
  return { label, rows: window.rows, level, words };
}

const FALL_WINDOWS = 20;

/** Rows of a window in which class 1 has another share: drawn with replacement, so that there are enough of them. */
function withShare(pool, share, count, random) {
  const ofClass = [0, 1].map((label) => pool.filter(({ actual }) => actual === label));
  return Array.from({ length: count }, () => {
    const some = ofClass[random() < share ? 1 : 0];
    return some[Math.floor(random() * some.length)];
  });
}

const shareOfOne = (some) => some.filter(({ actual }) => actual === 1).length / some.length;

/** Windows in which class 1 has fallen by this many points, against a reference of random rows. */
function falls(points, counts) {
  const random = openRandom(points);
  drawToFront(rows.length, random);
  const reference = rows.slice(0, 1_500);
  const profile = profileOf(reference);
  const share = shareOfOne(reference) - points / 100;
  return counts.map((count) => {
    let alerts = 0;
    for (let i = 0; i < FALL_WINDOWS; i++) {
      const window = windowOf(withShare(rows.slice(1_500), share, count, random), profile);
      if (compareWithReference(profile, window, DEFAULT_RATE).level === "alert") alerts++;
    }
    return { points, rows: count, windows: FALL_WINDOWS, alerts };
  });
}

/** A reference whose file was sorted by label, and windows in which class 1 has fallen by 30 points. */
function sortedByLabel() {
  const random = openRandom(11);
  drawToFront(rows.length, random);
  const reference = rows.slice(0, 1_500).sort((a, b) => a.actual - b.actual);
  const profile = profileOf(reference);
  const share = shareOfOne(reference) - 0.3;
  let alerts = 0;
  for (let i = 0; i < FALL_WINDOWS; i++) {
    const window = windowOf(withShare(rows.slice(1_500), share, 1_000, random), profile);
    if (compareWithReference(profile, window, DEFAULT_RATE).level === "alert") alerts++;
  }
  const designEffects = ["terms", "score", "labels"].map((part) => profile[part].designEffect);
  return { designEffects, windows: FALL_WINDOWS, alerts };
}

const bundle = await trainOn(learned);
const rows = await scoreFile(path, bundle);
const found = {
  // In file order; the others put the rows into random order.
  stretches: stretches(),
  sides: bundle.classes.flatMap((label) => [200, 1_000].map((count) => side(label, count))),
  halves: halves(),
  falls: [...falls(30, [500, 1_000, 5_000]), ...falls(15, [500, 1_000, 5_000])],
  sorted: sortedByLabel(),
  alarms: sizes.split(",").map((size) => alarms(...size.split(":").map(Number))),
};
console.log(JSON.stringify(found));
