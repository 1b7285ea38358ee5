import { stopWordsByLanguage } from "./stop-word-lists";

/** What texts seem to be written in. */
export interface LanguageGuess {
  /** ISO 639-1 code. */
  code: string;
  /** Another language that is about as likely; absent: none is. */
  or?: string;
  /** Share of the words that are stop words of `code`, and that are English ones (stopwords-iso). Absent: told by script. */
  shares?: { own: number; english: number };
}

/** Texts that are looked at are enough when this many words of them were. */
const MAX_WORDS = 200_000;
/** No guess from fewer words. */
const LEAST_WORDS = 50;
/** No guess if stop words of no language are frequent. */
const LEAST_SCORE = 0.08;
/** A second language that reaches this share of the best score is named as well. */
const CLOSE = 0.75;
/** A script in which words stand without spaces tells the language by its share of the letters. */
const SCRIPT_SHARE = 0.3;
const WORD = /[\p{L}\p{M}]{2,}/gu;
const LETTER = /\p{L}/gu;
const HAN = /\p{Script=Han}/gu;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const THAI = /\p{Script=Thai}/gu;

/**
 * Guesses the language of texts by the stop words in them. A word counts for each language that lists it, the less the
 * more languages do: `de` says little, `und` says German. Chinese, Japanese and Thai are recognised by their script.
 */
export class LanguageGuesser {
  /** The languages of a word. */
  readonly #languages = new Map<string, string[]>();
  readonly #scores = new Map<string, number>();
  readonly #hits = new Map<string, number>();
  readonly #letters = { all: 0, han: 0, kana: 0, thai: 0 };
  #words = 0;

  constructor() {
    for (const [code, words] of Object.entries(stopWordsByLanguage())) {
      for (const word of new Set(words)) {
        const known = this.#languages.get(word);
        if (known === undefined) this.#languages.set(word, [code]);
        else known.push(code);
      }
    }
  }

  /** Whether more texts would not change the guess. */
  get isFull(): boolean {
    return this.#words >= MAX_WORDS;
  }

  add(text: string): void {
    if (this.isFull) return;
    const letters = this.#letters;
    letters.all += countOf(text, LETTER);
    letters.han += countOf(text, HAN);
    letters.kana += countOf(text, KANA);
    letters.thai += countOf(text, THAI);
    for (const word of text.toLowerCase().match(WORD) ?? []) {
      this.#words++;
      const languages = this.#languages.get(word);
      if (languages === undefined) continue;
      for (const code of languages) {
        this.#hits.set(code, (this.#hits.get(code) ?? 0) + 1);
        this.#scores.set(code, (this.#scores.get(code) ?? 0) + 1 / languages.length);
      }
    }
  }

  /** The guess, or undefined if the texts are too few or say too little. */
  guess(): LanguageGuess | undefined {
    const { all, han, kana, thai } = this.#letters;
    if (all < LEAST_WORDS) return undefined;
    if (thai > all * SCRIPT_SHARE) return { code: "th" };
    if (han + kana > all * SCRIPT_SHARE) return { code: kana > (han + kana) / 10 ? "ja" : "zh" };
    if (this.#words < LEAST_WORDS) return undefined;
    const ranked = [...this.#scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const [best, second] = ranked;
    if (best === undefined || best[1] < this.#words * LEAST_SCORE) return undefined;
    const share = (code: string) => (this.#hits.get(code) ?? 0) / this.#words;
    return {
      code: best[0],
      ...(second !== undefined && second[1] > best[1] * CLOSE && { or: second[0] }),
      shares: { own: share(best[0]), english: share("en") },
    };
  }
}

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
