import { probeWrite, type RedisConnection } from "../queue/connection";
import { isFull } from "../queue/redis-errors";

const LOOK_MS = 10_000;

/**
 * Notices that Redis has not answered a write for long, although the process lives: what `/livez` then says makes an
 * orchestrator start the worker again. It is the last resort; a connection is opened again long before.
 * A Redis that is full has answered: another start would not make room, and would cost the job in hand.
 */
export class RedisWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #answeredAt: number;
  #asking = false;

  /**
   * @param probe resolves when Redis took a write, rejects with what it answered
   * @param now milliseconds of a clock that never jumps
   */
  constructor(probe: () => Promise<unknown>, { lookMs = LOOK_MS, now = () => performance.now() } = {}) {
    this.#now = now;
    this.#answeredAt = now();
    this.#timer = setInterval(() => void this.#look(probe), lookMs).unref();
  }

  static of(connection: RedisConnection, prefix: string): RedisWatch {
    return new RedisWatch(() => probeWrite(connection, prefix));
  }

  /** Seconds since Redis took a write or said that it is full, or since the watch began. */
  goneS(): number {
    return (this.#now() - this.#answeredAt) / 1000;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(probe: () => Promise<unknown>): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await probe();
      this.#answeredAt = this.#now();
    } catch (error) {
      // Others are counted by the time that passes; the connection logs why.
      if (isFull(error)) this.#answeredAt = this.#now();
    } finally {
      this.#asking = false;
    }
  }
}
