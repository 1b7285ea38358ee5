/** A word (or phrase) whose presence says nearly all that the model knows. */
export interface DecidingWord {
  term: string;
  /** Accuracy on the test rows of looking at nothing but whether the word is there. */
  accuracy: number;
  /** Accuracy of the most frequent class, and of the model, on the same rows. */
  majority: number;
  model: number;
}

/** Fewer rows are not evidence of a leak. */
const LEAST_ROWS = 50;
/** The word makes up for this share of the errors of the most frequent class ... */
const LEAST_SKILL = 0.9;
/** ... and has this share of the model's lead over it. */
const LEAST_SHARE_OF_LEAD = 0.95;

/**
 * Looks for the word that decides everything. Real words carry a part of what a label means; one that carries all of it
 * (a status that was written into the text, a template of one class) is a leak of the label, and a model that learned it
 * fails when it is missing. For each word the rule "present: this class, absent: that class" is scored on the test rows
 * with the best two classes. A rule that makes up for nearly all errors of the most frequent class is right about that
 * class and about nearly all others, so these two are the most frequent ones: of the others no word's presence is counted.
 */
export class WordPresence {
  readonly #classOf: ArrayLike<number>;
  readonly #rows: number;
  /** Rows of the two most frequent classes. */
  readonly #support: readonly [number, number];
  /** 0 or 1 for the two most frequent classes, -1 for others. */
  readonly #which: Int8Array;
  /** Rows of each of the two classes that hold a word: nTerms each. */
  readonly #present: readonly [Uint32Array, Uint32Array];

  /** @param classOf class of each test row */
  constructor(nTerms: number, classOf: ArrayLike<number>, nClasses: number) {
    this.#classOf = classOf;
    this.#rows = classOf.length;
    const support = new Float64Array(nClasses);
    for (let row = 0; row < classOf.length; row++) support[classOf[row]!]!++;
    const [first, second] = Array.from(support.keys()).sort((a, b) => support[b]! - support[a]!);
    this.#support = [support[first!]!, support[second!]!];
    this.#which = new Int8Array(nClasses).fill(-1);
    this.#which[first!] = 0;
    this.#which[second!] = 1;
    this.#present = [new Uint32Array(nTerms), new Uint32Array(nTerms)];
  }

  /** Counts the words of a test row: the first `count` of `indices`, each once. */
  add(row: number, indices: ArrayLike<number>, count: number): void {
    const which = this.#which[this.#classOf[row]!]!;
    if (which < 0) return;
    const present = this.#present[which]!;
    for (let i = 0; i < count; i++) present[indices[i]!]!++;
  }

  /**
   * The word, if there is one.
   *
   * @param modelAccuracy accuracy of the model on the rows
   */
  decidingWord(terms: readonly string[], modelAccuracy: number): DecidingWord | undefined {
    if (this.#rows < LEAST_ROWS) return undefined;
    const majority = this.#support[0] / this.#rows;
    const best = this.#best();
    if (best === undefined) return undefined;
    const accuracy = best.hits / this.#rows;
    const decides =
      accuracy - majority >= LEAST_SKILL * (1 - majority) &&
      accuracy - majority >= LEAST_SHARE_OF_LEAD * (modelAccuracy - majority) &&
      accuracy > majority;
    return decides ? { term: terms[best.column]!, accuracy, majority, model: modelAccuracy } : undefined;
  }

  /** The column whose presence and absence, each with its class, are right on most rows. */
  #best(): { column: number; hits: number } | undefined {
    const [a, b] = this.#present;
    const [rowsOfA, rowsOfB] = this.#support;
    let best: { column: number; hits: number } | undefined;
    for (let column = 0; column < a.length; column++) {
      const hits = Math.max(a[column]!, b[column]!) + Math.max(rowsOfA - a[column]!, rowsOfB - b[column]!);
      if (best === undefined || hits > best.hits) best = { column, hits };
    }
    return best;
  }
}
