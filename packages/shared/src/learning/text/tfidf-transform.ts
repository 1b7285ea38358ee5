import type { TfidfSettings } from "../../settings/features-settings";
import { createTokenSpans } from "./create-token-spans";
import { type FeaturePart, featureParts, partColumns, profiledPart } from "./feature-parts";
import { type TermTable, termTableOf } from "./term-table";
import type { TokenSpans } from "./token-spans";

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
  /** Terms of each part of a union; absent: one part has all. */
  partSizes?: readonly number[] | undefined;
}

/**
 * Turns documents into TF-IDF rows, as scikit-learn's TfidfVectorizer.transform in float64: term count
 * (1 + ln of it with `sublinear_tf`) times idf, divided by the row's l2 or l1 norm. The parts of a union stand side by
 * side, each with a norm of its own, as in a FeatureUnion.
 *
 * After a call the row is in `indices` and `values` up to `count`; they are used again by the next call.
 */
export class TfidfTransform {
  /** Entries of the last row. */
  count = 0;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
  /** Tokens of the last document that the profiled part counts (see `profiledPart`), and those that are no term of it. */
  tokens = 0;
  outOfVocabulary = 0;
  readonly #parts: PartTransform[];
  readonly #profiled: number;

  constructor({ features, terms, idf, partSizes }: FittedFeatures) {
    const parts = featureParts(features);
    const columns = partColumns(terms.length, partSizes);
    this.indices = new Uint32Array(terms.length);
    this.values = new Float64Array(terms.length);
    this.#profiled = profiledPart(parts);
    this.#parts = parts.map((part, i) => new PartTransform(part, terms, idf, columns[i]!));
  }

  transform(text: string): void {
    this.#append((part) => part.tokens.tokenizeText(text));
  }

  /** Transforms the document that lies in `bytes` (UTF-8) from `start` to `end`. */
  transformBytes(bytes: Buffer, start: number, end: number): void {
    this.#append((part) => part.tokens.tokenize(bytes, start, end));
  }

  /** Writes the last row over `target` from `offset` on, `missing` if the row has no value. */
  writeDense(target: Float32Array, offset: number, missing: number): void {
    target.fill(missing, offset, offset + this.indices.length);
    for (let i = 0; i < this.count; i++) target[offset + this.indices[i]!] = this.values[i]!;
  }

  #append(tokenize: (part: PartTransform) => void): void {
    this.count = 0;
    for (const [i, part] of this.#parts.entries()) {
      tokenize(part);
      this.count += part.weigh(this.indices, this.values, this.count);
      if (i !== this.#profiled) continue;
      this.tokens = part.tokens.count;
      this.outOfVocabulary = part.outOfVocabulary;
    }
  }
}

/** One vectorizer: what it makes of a document are columns from `from` on. */
class PartTransform {
  readonly tokens: TokenSpans;
  /** Tokens of the last document that are no term. */
  outOfVocabulary = 0;
  readonly #table: TermTable;
  readonly #idf: Float64Array;
  readonly #counts: Uint32Array;
  readonly #part: FeaturePart;
  readonly #from: number;

  constructor(
    part: FeaturePart,
    terms: readonly string[],
    idf: ArrayLike<number>,
    [from, to]: readonly [number, number],
  ) {
    this.#part = part;
    this.#from = from;
    this.tokens = createTokenSpans(part);
    this.#table = termTableOf(terms.slice(from, to));
    this.#idf = Float64Array.from({ length: to - from }, (_, i) => idf[from + i]!);
    this.#counts = new Uint32Array(to - from);
  }

  /** Writes the row of the document that was tokenized last to `indices` and `values` from `at` on; returns its entries. */
  weigh(indices: Uint32Array, values: Float64Array, at: number): number {
    const end = this.#countTerms(indices, at);
    const { sublinear_tf, norm } = this.#part;
    let sum = 0;
    for (let i = at; i < end; i++) {
      const term = indices[i]!;
      const tf = this.#counts[term]!;
      this.#counts[term] = 0;
      const value = (sublinear_tf ? sublinear(tf) : tf) * this.#idf[term]!;
      values[i] = value;
      indices[i] = term + this.#from;
      sum += norm === "l2" ? value * value : Math.abs(value);
    }
    if (norm === "none" || sum === 0) return end - at;
    const length = norm === "l2" ? Math.sqrt(sum) : sum;
    for (let i = at; i < end; i++) values[i] = values[i]! / length;
    return end - at;
  }

  /** Counts the terms of the document and sorts them: norms are summed in their order, as there. Returns their end. */
  #countTerms(indices: Uint32Array, at: number): number {
    const { bytes, starts, ends, hashes, count: nTokens } = this.tokens;
    let end = at;
    let missed = 0;
    for (let i = 0; i < nTokens; i++) {
      const term = this.#table.find(bytes, starts[i]!, ends[i]!, hashes[i]!);
      if (term < 0) missed++;
      else if (this.#counts[term]!++ === 0) indices[end++] = term;
    }
    this.outOfVocabulary = missed;
    sortAscending(indices.subarray(at, end));
    return end;
  }
}

/** 1 + ln of the counts that nearly all terms have. */
const SUBLINEAR = Float64Array.from({ length: 256 }, (_, tf) => Math.log(tf) + 1);

function sublinear(tf: number): number {
  return tf < SUBLINEAR.length ? SUBLINEAR[tf]! : Math.log(tf) + 1;
}

/** Insertion sort if few terms are found, as nearly always. */
function sortAscending(values: Uint32Array): void {
  const count = values.length;
  if (count > 32) {
    values.sort();
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
