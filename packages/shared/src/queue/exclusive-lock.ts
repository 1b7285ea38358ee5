import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError } from "../errors/cola-error";
import { type RedisConnection, type RedisSettings, withDeadline } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/** A holder that died is waited for so long. */
const LEASE_MS = REDIS_KEYS.lock.keptS * 1_000;
const POLL_MS = 100;
/** Nobody waits longer than this for an answer that only makes others faster. */
const RELEASE_MS = 1_000;

const RENEW_IF_MINE = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`;
const DELETE_IF_MINE = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

/**
 * When a lease that begins now is over, by two clocks, of which the first counts: that of the day may be put back, and
 * the steady one stands still while a machine sleeps.
 */
const leaseEnd = (leaseMs: number) => ({ wall: Date.now() + leaseMs, steady: performance.now() + leaseMs });

/** Throws if the lock may be another's by now: to be called before anything is written. */
export type AssertHeld = () => void;

/**
 * Locks that the processes of one Redis and prefix hold one at a time, by name. A holder renews its lock while it
 * works; one that was killed or frozen loses it after the lease, and notices by `AssertHeld`.
 */
export class ExclusiveLocks {
  readonly #connection: RedisConnection;
  readonly #redis: RedisSettings;
  readonly #leaseMs: number;

  /** @param leaseMs how long a lock outlives its holder */
  constructor(connection: RedisConnection, redis: RedisSettings, leaseMs = LEASE_MS) {
    this.#connection = connection;
    this.#redis = redis;
    this.#leaseMs = leaseMs;
  }

  /**
   * Waits for the lock and works under it.
   *
   * @param signal ends the waiting
   */
  async hold<T>(name: string, work: (held: AssertHeld) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const done = await this.tryHold(name, work);
      if (done) return done.result;
      await delay(POLL_MS);
    }
  }

  /** Works under the lock, or does nothing if another one holds it. */
  async tryHold<T>(name: string, work: (held: AssertHeld) => Promise<T>): Promise<{ result: T } | undefined> {
    const key = redisKey(this.#redis.prefix, "lock", name);
    const token = randomUUID();
    // Counted from before the question: an answer that comes late must not make the lease longer.
    let heldUntil = leaseEnd(this.#leaseMs);
    if ((await this.#connection.set(key, token, "PX", this.#leaseMs, "NX")) !== "OK") return undefined;
    const renew = async () => {
      const until = leaseEnd(this.#leaseMs);
      const renewed = await this.#connection.eval(RENEW_IF_MINE, 1, key, token, String(this.#leaseMs));
      heldUntil = renewed === 1 ? until : leaseEnd(0);
    };
    // If Redis is away the lease runs out, which `held` reports.
    const timer = setInterval(() => void renew().catch(() => {}), this.#leaseMs / 3);
    const held = () => {
      if (Date.now() < heldUntil.wall && performance.now() < heldUntil.steady) return;
      throw new ColaError("INTERNAL", `the lock ${name} was lost: another process works there now`);
    };
    try {
      return { result: await work(held) };
    } finally {
      clearInterval(timer);
      const released = this.#connection.eval(DELETE_IF_MINE, 1, key, token);
      await withDeadline(released, RELEASE_MS, this.#redis).catch(() => {});
    }
  }
}
