const TICK_MS = 500;
/** Least share of the time that a process which holds its loop gets of a processor, on a machine with much else to do. */
const LEAST_CPU_SHARE = 0.05;

/**
 * Notices that this process held its event loop: its timers came late while it used the processor. A process that was
 * only frozen, or a machine that slept, did not use it.
 */
export class LoopWatch {
  readonly #heldMs: number;
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();
  #cpu: NodeJS.CpuUsage = process.cpuUsage();
  #heldAt = Number.NEGATIVE_INFINITY;

  /** @param heldMs that late, timers are too late */
  constructor(heldMs: number) {
    this.#heldMs = heldMs;
    this.#timer = setInterval(() => this.#look(), TICK_MS).unref();
  }

  /** Whether the loop was held at some time since `start` (`performance.now()`). */
  wasHeldSince(start: number): boolean {
    this.#look();
    return this.#heldAt >= start;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#lookedAt - TICK_MS;
    const { user, system } = process.cpuUsage(this.#cpu);
    if (late >= this.#heldMs && (user + system) / 1000 >= late * LEAST_CPU_SHARE) this.#heldAt = now;
    this.#lookedAt = now;
    this.#cpu = process.cpuUsage();
  }
}
