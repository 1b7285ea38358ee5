/** A set of 64-bit hashes, in two halves: open addressing, at most half full. */
export class HashTable {
  /** Low and high half side by side; both 0: empty. */
  #cells = new Int32Array(0);
  #mask = 0;

  /** Empty, with room for this many hashes. The memory of an earlier use serves again. */
  clear(capacity: number): void {
    const slots = 2 ** Math.ceil(Math.log2(2 * Math.max(1, capacity)));
    if (2 * slots > this.#cells.length) this.#cells = new Int32Array(2 * slots);
    else this.#cells.fill(0, 0, 2 * slots);
    this.#mask = slots - 1;
  }

  /** Adds a hash; false if it is there already. */
  add(low: number, high: number): boolean {
    // no hash is 0: that is an empty slot
    const key = low === 0 && high === 0 ? 1 : low;
    const cells = this.#cells;
    const mask = this.#mask;
    for (let slot = key & mask; ; slot = (slot + 1) & mask) {
      const there = cells[2 * slot]!;
      const thereHigh = cells[2 * slot + 1]!;
      if (there === key && thereHigh === high) return false;
      if (there !== 0 || thereHigh !== 0) continue;
      cells[2 * slot] = key;
      cells[2 * slot + 1] = high;
      return true;
    }
  }
}
