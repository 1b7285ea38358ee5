const MAX_STARTS = 5;
const WINDOW_MS = 5 * 60_000;

/**
 * How often a process that ends by itself is started again: five times in five minutes. More, and another start helps
 * nobody; ends of long ago do not count.
 */
export class RestartBudget {
  readonly #now: () => number;
  #starts: number[] = [];

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether one more start is allowed; counts it. */
  take(): boolean {
    const now = this.#now();
    this.#starts = this.#starts.filter((at) => now - at < WINDOW_MS);
    if (this.#starts.length >= MAX_STARTS) return false;
    this.#starts.push(now);
    return true;
  }

  /** What is used up, for messages. */
  static readonly words = `${MAX_STARTS} times in ${WINDOW_MS / 60_000} minutes`;
}
