/** Bytes of a block of rows, laid one behind the other: for rows that are not spans of the file itself. */
export class BlockBytes {
  #bytes = Buffer.allocUnsafe(1 << 20);
  #used = 0;
  readonly #onMoved: (bytes: Buffer) => void;

  /** @param onMoved the bytes had to grow and now lie in another buffer */
  constructor(onMoved: (bytes: Buffer) => void) {
    this.#onMoved = onMoved;
  }

  /** Starts over; what was laid in is written over. Returns the buffer. */
  clear(): Buffer {
    this.#used = 0;
    return this.#bytes;
  }

  /** Bytes laid in so far: where the next ones begin. */
  get used(): number {
    return this.#used;
  }

  /** Lays in a string as UTF-8; returns its end. */
  addText(text: string): number {
    this.#reach(text.length * 3);
    this.#used += this.#bytes.write(text, this.#used, "utf8");
    return this.#used;
  }

  /** Lays in a stretch of other bytes; returns its end. */
  addBytes(bytes: Buffer, start: number, end: number): number {
    this.#reach(end - start);
    this.#used += bytes.copy(this.#bytes, this.#used, start, end);
    return this.#used;
  }

  #reach(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * needed);
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
    this.#onMoved(grown);
  }
}
