import type { FittedFeatures } from "@colaml/shared/text/tfidf-transform";

/**
 * TF-IDF of a bag of terms (sorted, with repetitions): the operations of `TfidfTransform` in their order, without
 * the text. The row is used again by the next call.
 */
export class BagWeights {
  readonly #features: FittedFeatures["features"];
  readonly #idf: Float64Array;
  readonly #indices: Uint32Array;
  readonly #values: Float64Array;

  constructor({ features, idf, terms }: FittedFeatures) {
    this.#features = features;
    this.#idf = Float64Array.from(idf);
    this.#indices = new Uint32Array(terms.length);
    this.#values = new Float64Array(terms.length);
  }

  /** Columns, ascending, and their values. */
  weigh(bag: Int32Array, length: number): { indices: Uint32Array; values: Float64Array } {
    const { sublinear_tf, norm } = this.#features;
    const indices = this.#indices;
    const values = this.#values;
    let distinct = 0;
    let sum = 0;
    for (let i = 0; i < length; ) {
      const term = bag[i]!;
      const first = i;
      while (i < length && bag[i] === term) i++;
      const count = i - first;
      const value = (sublinear_tf ? Math.log(count) + 1 : count) * this.#idf[term]!;
      sum += norm === "l2" ? value * value : Math.abs(value);
      indices[distinct] = term;
      values[distinct++] = value;
    }
    if (norm !== "none" && sum > 0) {
      const size = norm === "l2" ? Math.sqrt(sum) : sum;
      for (let i = 0; i < distinct; i++) values[i] = values[i]! / size;
    }
    return { indices: indices.subarray(0, distinct), values: values.subarray(0, distinct) };
  }
}
