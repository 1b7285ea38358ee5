const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/**
 * HalfSipHash-2-4 of eight bytes (two little-endian words) with an output of 64 bits: a keyed hash, so that without
 * the key nobody can compute it. Source: Aumasson, Bernstein, SipHash; reference code github.com/veorq/SipHash
 * (halfsiphash.c).
 */
export class HalfSipHash {
  high = 0;
  low = 0;
  readonly #key: readonly [number, number];
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  /** @param key two words, little-endian */
  constructor(key: readonly [number, number]) {
    this.#key = key;
  }

  /** Hashes the two words; `low` (first) and `high` (last) then hold the result's words, unsigned. */
  of(first: number, second: number): this {
    const [k0, k1] = this.#key;
    this.#v0 = k0;
    this.#v1 = k1 ^ 0xee;
    this.#v2 = 0x6c796765 ^ k0;
    this.#v3 = 0x74656462 ^ k1;
    this.#take(first);
    this.#take(second);
    // The length, 8, in the last word's highest byte.
    this.#take(8 << 24);
    this.#v2 ^= 0xee;
    for (let i = 0; i < 4; i++) this.#round();
    this.low = (this.#v1 ^ this.#v3) >>> 0;
    this.#v1 ^= 0xdd;
    for (let i = 0; i < 4; i++) this.#round();
    this.high = (this.#v1 ^ this.#v3) >>> 0;
    return this;
  }

  #take(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#round();
    this.#v0 ^= word;
  }

  #round(): void {
    let [v0, v1, v2, v3] = [this.#v0, this.#v1, this.#v2, this.#v3];
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
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}
