/** Bags longer than this are seldom seen twice. */
const MAX_TERMS = 64;
const SLOTS = 1 << 17;
/** Room for what is remembered: when it is used up, everything is forgotten at once. */
const MAX_KEY_TERMS = 1 << 20;
const MAX_VALUE_BYTES = 1 << 23;

/**
 * Remembers what was written for a bag of terms (sorted, with repetitions), because short texts repeat as bags of
 * known words: two of three rows of a million tweets. Keys are compared whole, so a hash that collides costs time
 * and nothing else. At most 13 MB.
 */
export class BagMemo {
  /** Place of the key of each slot, plus 1; 0 is free. */
  readonly #slots = new Int32Array(SLOTS);
  /** Each key: its length, the place of its value, its terms. */
  readonly #keys = new Int32Array(MAX_KEY_TERMS);
  readonly #values: Uint8Array = new Uint8Array(MAX_VALUE_BYTES);
  #keysUsed = 0;
  #valuesUsed = 0;
  #entries = 0;
  #slot = 0;

  /** The remembered bytes of all values; `find` says where in it. */
  get bytes(): Uint8Array {
    return this.#values;
  }

  /**
   * Place of a bag's value, or -1. A value begins with its length in two bytes.
   * Remembers where `put` will put it.
   */
  find(bag: Int32Array, length: number): number {
    this.#slot = -1;
    if (length > MAX_TERMS) return -1;
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bag[i]!, 0x01000193) ^ (hash >>> 15);
    hash ^= hash >>> 13;
    const keys = this.#keys;
    const slots = this.#slots;
    let slot = Math.imul(hash, 0x9e3779b1) >>> 15;
    for (;;) {
      const key = slots[slot]! - 1;
      if (key < 0) break;
      if (keys[key] === length) {
        let i = 0;
        while (i < length && keys[key + 2 + i] === bag[i]) i++;
        if (i === length) return keys[key + 1]!;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    this.#slot = slot;
    return -1;
  }

  /** Remembers `value` for the bag that `find` just did not find. */
  put(bag: Int32Array, length: number, value: Uint8Array): void {
    if (this.#slot < 0 || value.length > 0xffff) return;
    const full =
      this.#entries * 2 > SLOTS ||
      this.#keysUsed + length + 2 > MAX_KEY_TERMS ||
      this.#valuesUsed + value.length + 2 > MAX_VALUE_BYTES;
    if (full) {
      this.#slots.fill(0);
      this.#keysUsed = this.#valuesUsed = this.#entries = 0;
      this.find(bag, length);
    }
    const place = this.#valuesUsed;
    this.#values[place] = value.length & 0xff;
    this.#values[place + 1] = value.length >> 8;
    this.#values.set(value, place + 2);
    this.#valuesUsed += value.length + 2;
    const key = this.#keysUsed;
    this.#keys[key] = length;
    this.#keys[key + 1] = place;
    for (let i = 0; i < length; i++) this.#keys[key + 2 + i] = bag[i]!;
    this.#keysUsed += length + 2;
    this.#slots[this.#slot] = key + 1;
    this.#entries++;
  }
}
