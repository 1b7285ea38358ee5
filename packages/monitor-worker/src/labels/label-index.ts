/** Slots of a new index; it doubles when three quarters are taken. */
const FIRST_SLOTS = 1_024;
const EMPTY = -1;

/**
 * Ids with their labels in typed arrays, 11 bytes a slot, so that millions fit where a Map of strings would not.
 * Ids are known by a 64-bit hash: that two of 10 million ids meet has a chance of 3 in a million.
 */
export class LabelIndex {
  /** What the codes stand for, in order of appearance. */
  readonly names: string[] = [];
  readonly #codeOf = new Map<string, number>();
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  #code = new Int16Array(FIRST_SLOTS).fill(EMPTY);
  #met = new Uint8Array(FIRST_SLOTS);
  #size = 0;
  #metCount = 0;
  #hashHigh = 0;
  #hashLow = 0;

  /** Different ids. */
  get size(): number {
    return this.#size;
  }

  /** Stores a label; the newest one of an id holds. */
  set(id: string, label: string): "added" | "changed" | "known" {
    const slot = this.#find(id);
    const code = this.#codeOfLabel(label);
    const before = this.#code[slot]!;
    this.#code[slot] = code;
    if (before === code) return "known";
    if (before !== EMPTY) return "changed";
    this.#high[slot] = this.#hashHigh;
    this.#low[slot] = this.#hashLow;
    if (++this.#size * 4 > this.#code.length * 3) this.#grow();
    return "added";
  }

  /** Code of the label of an id, which then counts as met; -1 where there is none. */
  meet(id: string): number {
    const slot = this.#find(id);
    if (this.#code[slot] !== EMPTY && this.#met[slot] === 0) {
      this.#met[slot] = 1;
      this.#metCount++;
    }
    return this.#code[slot]!;
  }

  /** Whether no id is left that was not asked for. */
  get allMet(): boolean {
    return this.#metCount === this.#size;
  }

  /** Whether the id was asked for by `meet`. */
  wasMet(id: string): boolean {
    return this.#met[this.#find(id)] === 1;
  }

  #codeOfLabel(label: string): number {
    const known = this.#codeOf.get(label);
    if (known !== undefined) return known;
    this.names.push(label);
    this.#codeOf.set(label, this.names.length - 1);
    return this.names.length - 1;
  }

  /** The slot that holds the id, or the free one where it belongs. Leaves the hash in its fields. */
  #find(id: string): number {
    this.#hash(id);
    const mask = this.#code.length - 1;
    let slot = this.#hashLow & mask;
    while (
      this.#code[slot] !== EMPTY &&
      (this.#high[slot] !== this.#hashHigh || this.#low[slot] !== this.#hashLow)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Two 32-bit multiplicative hashes mixed into each other at the end (cyrb53, both halves kept whole). */
  #hash(id: string): void {
    let a = 0xdeadbeef;
    let b = 0x41c6ce57;
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    this.#hashHigh = a >>> 0;
    this.#hashLow = b >>> 0;
  }

  #grow(): void {
    const before = { high: this.#high, low: this.#low, code: this.#code, met: this.#met };
    const slots = before.code.length * 2;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#code = new Int16Array(slots).fill(EMPTY);
    this.#met = new Uint8Array(slots);
    for (let i = 0; i < before.code.length; i++) {
      if (before.code[i] === EMPTY) continue;
      let slot = before.low[i]! & (slots - 1);
      while (this.#code[slot] !== EMPTY) slot = (slot + 1) & (slots - 1);
      this.#high[slot] = before.high[i]!;
      this.#low[slot] = before.low[i]!;
      this.#code[slot] = before.code[i]!;
      this.#met[slot] = before.met[i]!;
    }
  }
}
