/** A scan has at least so many new bytes before it, unless the input ends. */
const FILL_BYTES = 1 << 20;
/** Sentinels behind the last byte, so that inner loops need no bounds check. */
const SENTINEL_BYTES = 2;

/** A sliding window over a stream of bytes: what a scan did not consume is kept in front of the next bytes. */
export class ByteWindow {
  /** The bytes; those from `start` to `end` count. There is room for a sentinel at `end`. */
  bytes: Buffer;
  start = 0;
  end = 0;
  /** No byte follows `end`. */
  final = false;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #fillBytes: number;
  #waiting: Buffer | undefined;

  /** @param keepBytes the most a scan may leave unconsumed */
  constructor(chunks: AsyncIterable<Buffer>, keepBytes: number, fillBytes = FILL_BYTES) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#fillBytes = fillBytes;
    this.bytes = Buffer.allocUnsafe(keepBytes + 2 * fillBytes + SENTINEL_BYTES);
  }

  /** Moves what is left to the front and reads on behind it. */
  async fill(): Promise<void> {
    this.bytes.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    const target = Math.min(this.end + this.#fillBytes, this.bytes.length - SENTINEL_BYTES);
    while (this.end < target && !this.final) await this.#append(target);
  }

  async #append(target: number): Promise<void> {
    if (this.#waiting === undefined) {
      const next = await this.#chunks.next();
      if (next.done) {
        this.final = true;
        return;
      }
      this.#waiting = next.value;
    }
    const taken = Math.min(target - this.end, this.#waiting.length);
    this.#waiting.copy(this.bytes, this.end, 0, taken);
    this.end += taken;
    this.#waiting = taken === this.#waiting.length ? undefined : this.#waiting.subarray(taken);
  }

  /** Closes the source. May be called twice. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
