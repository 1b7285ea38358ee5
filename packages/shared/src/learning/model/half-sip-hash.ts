const LENGTH_WORD = 8 << 24;

const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/**
 * HalfSipHash-2-4 of eight bytes (two little-endian words) with an output of 64 bits: a keyed hash, so that without
 * the key nobody can compute it. Source: Aumasson, Bernstein, SipHash; reference code github.com/veorq/SipHash
 * (halfsiphash.c).
 */
export class HalfSipHash {
  high = 0;
  low = 0;
  readonly #k0: number;
  readonly #k1: number;

  /** @param key two words, little-endian */
  constructor(key: readonly [number, number]) {
    [this.#k0, this.#k1] = key;
  }

  /**
   * Hashes the two words; `low` (first) and `high` (last) then hold the result's words, unsigned. The round stands
   * here in place, for a model's filter asks for a million of them: words of the message twice, then twice four.
   */
  of(first: number, second: number): this {
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#k0;
    let v3 = 0x74656462 ^ this.#k1;
    for (let round = 0; round < 14; round++) {
      // Two rounds for each word of the message, the last of which is its length (8) in the highest byte.
      const word = round < 2 ? first : round < 4 ? second : LENGTH_WORD;
      if (round < 6 && (round & 1) === 0) v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = rotated(v1, 5) ^ v0;
      v0 = rotated(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotated(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotated(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotated(v1, 13) ^ v2;
      v2 = rotated(v2, 16);
      if (round < 6 && (round & 1) === 1) v0 ^= word;
      if (round === 5) v2 ^= 0xee;
      if (round !== 9) continue;
      this.low = (v1 ^ v3) >>> 0;
      v1 ^= 0xdd;
    }
    this.high = (v1 ^ v3) >>> 0;
    return this;
  }
}
