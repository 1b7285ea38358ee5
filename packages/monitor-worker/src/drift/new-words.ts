import type { NewWord } from "@colaml/shared/contracts/monitor";
import type { Random } from "@colaml/shared/learning/data/seeded-random";
import type { VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { normalQuantile } from "../statistics/normal";
import { openRandom } from "../statistics/random";

/** Words counted at most; beyond it those that are rarest so far are let go. */
const MAX_WORDS = 50_000;
/** Texts counted before half of them are left out from then on. */
const MAX_TEXTS = 20_000;
const SEED = 42;
/** A word of fewer texts is not named: it may be a name or a number of somebody. */
const LEAST_TEXTS = 10;
const WORDS_SHOWN = 20;
/** What marks a part of a text that may identify somebody: handles, e-mail addresses, links. */
const IDENTIFYING = ["@", "://", "www.", "WWW."];
const SPACES_BEYOND_ASCII = /\s/;
/** Runs of digits, of any script, that are numbers of orders or telephones rather than words. */
const NUMBER = /\p{Nd}{3}/u;

interface WordCount {
  texts: number;
  lastText: number;
}

/** A window's frequent words that the model does not know. Memory and time are bounded, however many texts come. */
export class NewWords {
  readonly #counts = new Map<string, WordCount>();
  readonly #tokenise: (text: string) => string[];
  readonly #random: Random = openRandom(SEED);
  /** The share of texts that are counted: by chance, since every n-th might be alike. */
  #share = 1;
  #counted = 0;
  #letGo = 0;

  constructor(tokenise: (text: string) => string[]) {
    this.#tokenise = tokenise;
  }

  /**
   * Whether the next text is one of those that are counted. Each time there are many, half as many are taken from
   * then on, and what was counted before counts half.
   */
  takesNext(): boolean {
    if (this.#counted >= MAX_TEXTS) this.#halve();
    return this.#share === 1 || this.#random() < this.#share;
  }

  /** @param unknown tokens of the text that are not terms of the model; phrases among them do not count */
  add(text: string, unknown: readonly string[]): void {
    const number = this.#counted++;
    const identifying = identifyingParts(text);
    const masked = identifying.length > 0 ? new Set(this.#tokenise(identifying.join(" "))) : undefined;
    for (const word of unknown) {
      if (masked?.has(word) || word.includes(" ") || NUMBER.test(word)) continue;
      const count = this.#counts.get(word);
      if (!count) this.#counts.set(word, { texts: 1, lastText: number });
      else if (count.lastText !== number) {
        count.texts++;
        count.lastText = number;
      }
    }
    if (this.#counts.size > MAX_WORDS) this.#prune();
  }

  /**
   * The words that are more frequent than training knew them, chance excluded over all words that were counted
   * (two shares, one-sided, Bonferroni); the most frequent first.
   *
   * @param designEffect of the model's words: neighbouring rows are alike
   */
  found(sketch: VocabularySketch, designEffect: number, falseAlarmRate: number): NewWord[] {
    const [n, m] = [sketch.documents, this.#counted];
    if (n === 0 || m === 0) return [];
    const z = -normalQuantile(falseAlarmRate / Math.max(1, this.#counts.size));
    const words: NewWord[] = [];
    for (const [word, { texts }] of this.#counts) {
      if (texts < LEAST_TEXTS) continue;
      const before = sketch.documentsAtMost(word);
      const pooled = (texts + before) / (n + m);
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * designEffect);
      const [currentShare, trainingShareAtMost] = [texts / m, before / n];
      if (currentShare - trainingShareAtMost > z * error)
        words.push({ word, currentShare, trainingShareAtMost });
    }
    return words
      .sort((a, b) => b.currentShare - a.currentShare || (a.word < b.word ? -1 : 1))
      .slice(0, WORDS_SHOWN);
  }

  /** Lets the rarest go (as lossy counting does): they are far from `LEAST_TEXTS` in a window of this many words. */
  #prune(): void {
    this.#letGo++;
    for (const [word, { texts }] of this.#counts) if (texts <= this.#letGo) this.#counts.delete(word);
    if (this.#counts.size <= MAX_WORDS / 2) this.#letGo = 0;
  }

  #halve(): void {
    this.#share /= 2;
    this.#counted = Math.floor(this.#counted / 2);
    for (const [word, count] of this.#counts) {
      count.texts = Math.floor(count.texts / 2);
      // Text numbers start again from the half: none of the old ones may be met by chance.
      count.lastText = -1;
      if (count.texts === 0) this.#counts.delete(word);
    }
  }
}

/** The parts between spaces that hold a handle, an e-mail address or a link. O(length). */
function identifyingParts(text: string): string[] {
  const parts: string[] = [];
  for (const mark of IDENTIFYING) {
    for (let at = text.indexOf(mark); at >= 0; ) {
      let [start, end] = [at, at];
      while (start > 0 && !isSpace(text, start - 1)) start--;
      while (end < text.length && !isSpace(text, end)) end++;
      parts.push(text.slice(start, end));
      at = text.indexOf(mark, end);
    }
  }
  return parts;
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code <= 0x20 || (code > 0x7f && SPACES_BEYOND_ASCII.test(text[at]!));
}
