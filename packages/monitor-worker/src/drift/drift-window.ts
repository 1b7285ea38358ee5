import { binOf, type ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { NewWords } from "./new-words";

/** What one window of rows looks like, in the bins of a reference profile. */
export interface WindowCounts {
  rows: number;
  /** Rows with a text: less than `rows` if the texts are not at hand. */
  texts: number;
  documentFrequency: Float64Array;
  textLength: Float64Array;
  outOfVocabulary: Float64Array;
  tokens: { all: number; outOfVocabulary: number };
  /** Texts that hold no term of the model: each gets the same prediction. */
  withoutKnownWords: number;
  score: Float64Array;
  predicted: Float64Array;
  /** Frequent words that the model does not know. */
  newWords?: NewWords;
}

const PROFILED_NOT = -1;

/** Counts rows one by one into the profile's bins: one pass, and memory only for the bins. */
export class DriftWindow {
  readonly counts: WindowCounts;
  readonly #profile: ReferenceProfile;
  readonly #tokenise: (text: string) => string[];
  /** Column of each term of the model, or -1 if it is not profiled. */
  readonly #column: Map<string, number>;
  readonly #lastRow: Int32Array;
  readonly #newWords: NewWords | undefined;
  readonly #holdsNoTerm: (text: string) => boolean;

  /**
   * @param terms of the model: a token that is none of them is out of vocabulary
   * @param holdsNoTerm whether a text of which no token is among `terms` holds no other term of the model either
   */
  constructor(
    profile: ReferenceProfile,
    terms: readonly string[],
    tokenise: (text: string) => string[],
    holdsNoTerm: (text: string) => boolean = () => true,
  ) {
    this.#holdsNoTerm = holdsNoTerm;
    const { words } = profile.terms;
    this.#profile = profile;
    this.#tokenise = tokenise;
    this.#column = new Map(terms.map((term) => [term, PROFILED_NOT]));
    for (const [column, word] of words.entries()) this.#column.set(word, column);
    this.#lastRow = new Int32Array(words.length).fill(-1);
    this.#newWords = profile.vocabulary && new NewWords(tokenise);
    this.counts = {
      rows: 0,
      texts: 0,
      documentFrequency: new Float64Array(words.length),
      textLength: new Float64Array(profile.textLength.counts.length),
      outOfVocabulary: new Float64Array(profile.outOfVocabulary.counts.length),
      tokens: { all: 0, outOfVocabulary: 0 },
      withoutKnownWords: 0,
      score: new Float64Array(profile.score.counts.length),
      predicted: new Float64Array(profile.classes.length),
      ...(this.#newWords ? { newWords: this.#newWords } : {}),
    };
  }

  addPrediction(predicted: number, probabilities: ArrayLike<number>): void {
    const { counts } = this;
    counts.rows++;
    counts.predicted[predicted]!++;
    const score = probabilities[this.#profile.classes.length === 2 ? 1 : predicted]!;
    counts.score[binOf(this.#profile.score.edges, score)]!++;
  }

  addText(text: string): void {
    const { counts } = this;
    const row = counts.texts++;
    const tokens = this.#tokenise(text);
    const unknownWords: string[] | undefined = this.#newWords?.takesNext() ? [] : undefined;
    let unknown = 0;
    for (const token of tokens) {
      const column = this.#column.get(token);
      if (column === undefined) {
        unknown++;
        unknownWords?.push(token);
      } else if (column !== PROFILED_NOT && this.#lastRow[column] !== row) {
        this.#lastRow[column] = row;
        counts.documentFrequency[column]!++;
      }
    }
    counts.tokens.all += tokens.length;
    counts.tokens.outOfVocabulary += unknown;
    if (unknown === tokens.length && this.#holdsNoTerm(text)) counts.withoutKnownWords++;
    // A text without any token counts as wholly unknown, as in the profile.
    const share = tokens.length > 0 ? unknown / tokens.length : 1;
    counts.outOfVocabulary[binOf(this.#profile.outOfVocabulary.edges, share)]!++;
    counts.textLength[binOf(this.#profile.textLength.edges, text.length)]!++;
    if (unknownWords) this.#newWords!.add(text, unknownWords);
  }
}
