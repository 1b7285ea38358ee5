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
const LETTER = /\p{L}/u;
const HAN = /\p{Script=Han}/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const THAI = /\p{Script=Thai}/u;
const ASCII_LETTER = /[a-z]/i;
/** Thai is the first of these scripts in Unicode. */
const FIRST_OF_SCRIPTS = 0x0e00;

/**
 * Guesses the language of texts by the stop words in them. A word counts for each language that lists it, the less the
 * more languages do: `de` says little, `und` says German. Chinese, Japanese and Thai are recognised by their script.
 */
export class LanguageGuesser {
  /** How often each word was met. */
  readonly #counts = new Map<string, number>();
  readonly #letters = { all: 0, han: 0, kana: 0, thai: 0 };
  #words = 0;

  /** Whether more texts would not change the guess. */
  get isFull(): boolean {
    return this.#words >= MAX_WORDS;
  }

  add(text: string): void {
    if (this.isFull) return;
    for (const character of text) this.#countLetter(character);
    for (const word of text.toLowerCase().match(WORD) ?? []) {
      this.#words++;
      this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
    }
  }

  #countLetter(character: string): void {
    const letters = this.#letters;
    const code = character.codePointAt(0)!;
    if ((code < 0x80 ? ASCII_LETTER : LETTER).test(character)) letters.all++;
    if (code < FIRST_OF_SCRIPTS) return;
    if (HAN.test(character)) letters.han++;
    if (KANA.test(character)) letters.kana++;
    if (THAI.test(character)) letters.thai++;
  }

  /** The guess, or undefined if the texts are too few or say too little. */
  guess(): LanguageGuess | undefined {
    const { all, han, kana, thai } = this.#letters;
    if (all < LEAST_WORDS) return undefined;
    if (thai > all * SCRIPT_SHARE) return { code: "th" };
    if (han + kana > all * SCRIPT_SHARE) return { code: kana > (han + kana) / 10 ? "ja" : "zh" };
    if (this.#words < LEAST_WORDS) return undefined;
    const { scores, hits } = this.#languages();
    const ranked = [...scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const [best, second] = ranked;
    if (best === undefined || best[1] < this.#words * LEAST_SCORE) return undefined;
    const share = (code: string) => (hits.get(code) ?? 0) / this.#words;
    return {
      code: best[0],
      ...(second !== undefined && second[1] > best[1] * CLOSE && { or: second[0] }),
      shares: { own: share(best[0]), english: share("en") },
    };
  }

  /** Score and hits of each language. Looks the listed words up among those met: a table of all lists would cost more. */
  #languages(): { scores: Map<string, number>; hits: Map<string, number> } {
    const met = Object.entries(stopWordsByLanguage()).map(
      ([code, words]) => [code, [...new Set(words.filter((word) => this.#counts.has(word)))]] as const,
    );
    const languagesOf = new Map<string, number>();
    for (const [, words] of met)
      for (const word of words) languagesOf.set(word, (languagesOf.get(word) ?? 0) + 1);
    const scores = new Map<string, number>();
    const hits = new Map<string, number>();
    for (const [code, words] of met) {
      if (words.length === 0) continue;
      const sum = (weight: (word: string) => number) =>
        words.reduce((total, word) => total + this.#counts.get(word)! * weight(word), 0);
      scores.set(
        code,
        sum((word) => 1 / languagesOf.get(word)!),
      );
      hits.set(
        code,
        sum(() => 1),
      );
    }
    return { scores, hits };
  }
}
