/** Characters of a text that are looked at. */
const SAMPLED = 16;

/**
 * Hashes of the rows of a batch, by what the model says of each: its class and every probability, to the last bit;
 * and by the length of its text, if there is one, and characters spread over it, which tells texts apart that hold
 * no word of the model. The same document gives the same hash, however often it was predicted.
 */
export class RowHashes {
  readonly #bits: Uint32Array;
  readonly #each: number;

  /** @param probabilities count x nClasses */
  constructor(probabilities: Float64Array, nClasses: number) {
    this.#bits = new Uint32Array(probabilities.buffer, probabilities.byteOffset, 2 * probabilities.length);
    this.#each = 2 * nClasses;
  }

  /** @returns 32 bits, never 0 */
  of(row: number, predicted: number, text = ""): number {
    let hash = Math.imul(0x41c6ce57 ^ predicted, 2654435761);
    const end = (row + 1) * this.#each;
    for (let i = row * this.#each; i < end; i++) hash = mixed(hash, this.#bits[i]!);
    // All of a text would cost more than the join.
    const stride = Math.max(1, Math.floor(text.length / SAMPLED));
    for (let i = 0; i < text.length; i += stride) hash = Math.imul(hash ^ text.charCodeAt(i), 1597334677);
    hash = mixed(hash, text.length);
    return hash >>> 0 || 1;
  }
}

/** A word taken in, every bit of it reaching every bit of the hash (the finish of MurmurHash3). */
function mixed(hash: number, word: number): number {
  let h = hash ^ word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
