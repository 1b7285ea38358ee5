import type { Fingerprint } from "./row-fingerprint";

/** Share of the slots that may be used: beyond it searches get long. */
const MOST_FULL = 0.7;

/** A set of fingerprints: open addressing in one flat array, 12 to 23 bytes per fingerprint. */
export class FingerprintSet {
  readonly #mask: number;
  /** High and low word of each slot; both 0 in an empty one. */
  readonly #words: Uint32Array;
  #hasZero = false;
  #size = 0;

  /** @param most fingerprints that will be added at most */
  constructor(most: number) {
    let slots = 16;
    while (slots * MOST_FULL < most) slots *= 2;
    this.#mask = slots - 1;
    this.#words = new Uint32Array(2 * slots);
  }

  /** Different fingerprints. */
  get size(): number {
    return this.#size;
  }

  add({ high, low }: Fingerprint): void {
    if (high === 0 && low === 0) {
      if (!this.#hasZero) this.#size++;
      this.#hasZero = true;
      return;
    }
    const at = this.#find(high, low);
    if (!this.#isEmpty(at)) return;
    this.#words[at] = high;
    this.#words[at + 1] = low;
    this.#size++;
  }

  has({ high, low }: Fingerprint): boolean {
    return high === 0 && low === 0 ? this.#hasZero : !this.#isEmpty(this.#find(high, low));
  }

  /** Every fingerprint once. */
  *values(): Generator<Fingerprint, void, undefined> {
    if (this.#hasZero) yield { high: 0, low: 0 };
    for (let at = 0; at < this.#words.length; at += 2)
      if (!this.#isEmpty(at)) yield { high: this.#words[at]!, low: this.#words[at + 1]! };
  }

  #isEmpty(at: number): boolean {
    return this.#words[at] === 0 && this.#words[at + 1] === 0;
  }

  /** Where a fingerprint stands, or the empty slot in which it belongs. */
  #find(high: number, low: number): number {
    let slot = (high ^ Math.imul(low, 0x9e3779b1)) & this.#mask;
    for (;;) {
      const at = 2 * slot;
      const h = this.#words[at];
      const l = this.#words[at + 1];
      if ((h === high && l === low) || (h === 0 && l === 0)) return at;
      slot = (slot + 1) & this.#mask;
    }
  }
}
