import type { WordPush } from "@colaml/shared/contracts/compare";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { createExplainer } from "@colaml/shared/learning/model/explainer";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { PathContributions } from "@colaml/shared/learning/model/path-contributions";
import { termLabels } from "@colaml/shared/learning/text/term-label";
import { maskedExample } from "../rows/masked-example";

/** Words that are listed, at most. */
const LISTED_WORDS = 20;
/** Rows that are explained, at most: each is scored by both models, tree by tree. */
const MOST_ROWS = 20_000;

/** What of a text moves a label: the margin of `to` over that of `from`, by word and in all. */
interface Push {
  byWord: Map<string, number>;
  /** Words that the text lacks, and what every row starts from. */
  rest: number;
}

/**
 * Explains rows that two models label differently: how much further each word pushes from the one label to the other
 * in the challenger than in the baseline, by the contributions to the margins (see `createExplainer`), which add
 * up to the margins. A class that a model does not know has margin 0 there.
 */
export class WordPushes {
  readonly #baseline: (text: string, from: string, to: string) => Push;
  readonly #challenger: (text: string, from: string, to: string) => Push;
  readonly #words = new Map<string, WordPush>();
  #elsewhere = 0;
  #total = 0;
  #rows = 0;

  constructor(baseline: ModelBundle, challenger: ModelBundle) {
    this.#baseline = pusher(baseline);
    this.#challenger = pusher(challenger);
  }

  add(text: string, from: string, to: string): void {
    if (this.#rows === MOST_ROWS) return;
    this.#rows++;
    const [before, after] = [this.#baseline(text, from, to), this.#challenger(text, from, to)];
    const words = new Set([...before.byWord.keys(), ...after.byWord.keys()]);
    for (const word of words) {
      const push = (after.byWord.get(word) ?? 0) - (before.byWord.get(word) ?? 0);
      this.#count(word, from, to, push);
      this.#total += push;
    }
    this.#elsewhere += after.rest - before.rest;
    this.#total += after.rest - before.rest;
  }

  #count(word: string, from: string, to: string, push: number): void {
    if (push === 0) return;
    const key = `${from}\0${to}\0${word}`;
    const entry = this.#words.get(key) ?? { word, from, to, rows: 0, share: 0 };
    entry.rows++;
    // Made a share when all rows are in.
    entry.share += push;
    this.#words.set(key, entry);
  }

  /** The words that moved most, those that moved against it with a negative share. */
  result(): { words: WordPush[]; elsewhere?: number; explainedRows: number } {
    if (this.#total <= 0) return { words: [], explainedRows: this.#rows };
    const words = [...this.#words.values()]
      .sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
      .slice(0, LISTED_WORDS)
      .map((entry) => ({ ...entry, word: maskedExample(entry.word), share: entry.share / this.#total }));
    return { words, elsewhere: this.#elsewhere / this.#total, explainedRows: this.#rows };
  }
}

function pusher(bundle: ModelBundle): (text: string, from: string, to: string) => Push {
  const { features } = createClassifier(bundle);
  const labels = termLabels(bundle);
  const explain = createExplainer(bundle.ensemble);
  const isBinary = bundle.ensemble.nGroups === 1;
  const marginOf = (groups: PathContributions[], label: string) => {
    const k = bundle.classes.indexOf(label);
    // A binary model speaks for the second class; the first has margin 0.
    return isBinary ? (k === 1 ? groups[0] : undefined) : groups[k];
  };
  return (text, from, to) => {
    const row = features(text);
    const groups = explain(row);
    const present = new Set(Array.from(row.indices));
    const push: Push = { byWord: new Map(), rest: 0 };
    for (const [label, sign] of [
      [to, 1],
      [from, -1],
    ] as const) {
      const margin = marginOf(groups, label);
      push.rest += sign * (margin?.bias ?? 0);
      for (const [feature, contribution] of margin?.byFeature ?? []) {
        if (!present.has(feature)) push.rest += sign * contribution;
        else {
          const word = labels[feature]!;
          push.byWord.set(word, (push.byWord.get(word) ?? 0) + sign * contribution);
        }
      }
    }
    return push;
  };
}
