import type { TfidfSettings } from "../../settings/features-settings";
import { ByteTokenizer } from "./byte-tokenizer";
import { type TermTable, termTableOf } from "./term-table";

/** A document as the columns it has a value in, ascending, and the values. */
export interface SparseRow {
  indices: Uint32Array;
  values: Float64Array;
}

/** What transforming needs of a model bundle. */
export interface FittedFeatures {
  features: TfidfSettings;
  terms: readonly string[];
  idf: ArrayLike<number>;
}

/**
 * Turns documents into TF-IDF rows, as scikit-learn's TfidfVectorizer.transform in float64: term count
 * (1 + ln of it with `sublinear_tf`) times idf, divided by the row's l2 or l1 norm.
 *
 * After a call the row is in `indices` and `values` up to `count`; they are used again by the next call.
 */
export class TfidfTransform {
  /** Entries of the last row. */
  count = 0;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
  /** Words of the last document, stop words included, and its tokens that are no term. */
  words = 0;
  tokens = 0;
  outOfVocabulary = 0;
  readonly #tokenizer: ByteTokenizer;
  readonly #table: TermTable;
  readonly #idf: Float64Array;
  readonly #counts: Uint32Array;
  readonly #features: TfidfSettings;

  constructor({ features, terms, idf }: FittedFeatures) {
    this.#features = features;
    this.#tokenizer = new ByteTokenizer(features);
    this.#table = termTableOf(terms);
    this.#idf = Float64Array.from(idf);
    this.#counts = new Uint32Array(terms.length);
    this.indices = new Uint32Array(terms.length);
    this.values = new Float64Array(terms.length);
  }

  transform(text: string): void {
    this.#tokenizer.tokenizeText(text);
    this.#weigh();
  }

  /** Transforms the document that lies in `bytes` (UTF-8) from `start` to `end`. */
  transformBytes(bytes: Buffer, start: number, end: number): void {
    this.#tokenizer.tokenize(bytes, start, end);
    this.#weigh();
  }

  /** Writes the last row over `target` from `offset` on, `missing` where the row has no value. */
  writeDense(target: Float32Array, offset: number, missing: number): void {
    target.fill(missing, offset, offset + this.indices.length);
    for (let i = 0; i < this.count; i++) target[offset + this.indices[i]!] = this.values[i]!;
  }

  #weigh(): void {
    this.#countTerms();
    const { sublinear_tf, norm } = this.#features;
    const { indices, values, count } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const term = indices[i]!;
      const tf = this.#counts[term]!;
      this.#counts[term] = 0;
      const value = (sublinear_tf ? Math.log(tf) + 1 : tf) * this.#idf[term]!;
      values[i] = value;
      sum += norm === "l2" ? value * value : Math.abs(value);
    }
    if (norm === "none" || sum === 0) return;
    const length = norm === "l2" ? Math.sqrt(sum) : sum;
    for (let i = 0; i < count; i++) values[i] = values[i]! / length;
  }

  /** Counts the terms of the document and sorts the columns: norms are summed in their order, as there. */
  #countTerms(): void {
    const tokenizer = this.#tokenizer;
    const { bytes, starts, ends, hashes, count: nTokens } = tokenizer;
    const { indices } = this;
    let count = 0;
    let missed = 0;
    for (let i = 0; i < nTokens; i++) {
      const term = this.#table.find(bytes, starts[i]!, ends[i]!, hashes[i]!);
      if (term < 0) missed++;
      else if (this.#counts[term]!++ === 0) indices[count++] = term;
    }
    this.words = tokenizer.words;
    this.tokens = nTokens;
    this.outOfVocabulary = missed;
    this.count = count;
    sortAscending(indices, count);
  }
}

/** Insertion sort where few terms are found, as nearly always. */
function sortAscending(values: Uint32Array, count: number): void {
  if (count > 32) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= 0 && values[j]! > value) values[j + 1] = values[j--]!;
    values[j + 1] = value;
  }
}

/**
 * A function from a document to its TF-IDF row.
 *
 * @throws ColaError PARAMETER_INVALID for a token pattern that `compileTokenPattern` refuses
 * @example createTfidfTransform({ features, terms: ["flight", "late"], idf: [1, 1] })("late, late") // {[1], [1]}
 */
export function createTfidfTransform(fitted: FittedFeatures): (text: string) => SparseRow {
  const transform = new TfidfTransform(fitted);
  return (text) => {
    transform.transform(text);
    return {
      indices: transform.indices.slice(0, transform.count),
      values: transform.values.slice(0, transform.count),
    };
  };
}
