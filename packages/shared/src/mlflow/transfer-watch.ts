/** A transfer moves at least this much in each limit of time: 2 KiB per second by default. */
const LEAST_BYTES = 65_536;

/**
 * Ends a request that neither ends nor moves on. The time-out of a socket counts from its last byte: an answer that comes
 * a byte now and then, from a proxy that keeps connections open, would never end by it. A large file on a slow line
 * moves on, and takes as long as it needs.
 */
export class TransferWatch {
  /** Aborted when too little moved in the time. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #moved = 0;

  /** @param limitMs in which the request has to end, or to move 64 KiB in either direction; and so on */
  constructor(limitMs: number) {
    const late = new AbortController();
    this.signal = late.signal;
    let before = 0;
    this.#timer = setInterval(() => {
      if (this.#moved - before < LEAST_BYTES) late.abort();
      before = this.#moved;
    }, limitMs);
  }

  /** To be called with the bytes that were sent or received just now. */
  readonly moved = (bytes: number): void => {
    this.#moved += bytes;
  };

  stop(): void {
    clearInterval(this.#timer);
  }
}
