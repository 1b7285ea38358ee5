import { type Command, Redis, type RedisOptions } from "ioredis";
import { ColaError } from "../errors/cola-error";
import { answerLimits, RAISE_OUTPUT_BUFFER } from "./output-buffer-limit";
import { type RedisPlace, redisNamed } from "./redis-errors";

/**
 * A connection sends what was not answered again when it was lost. Redis closes one whose answer is too large for
 * `client-output-buffer-limit` without a word: sent again, the same command ends the next one, for ever, and all that
 * share the connection wait. Commands are answered in milliseconds: one that outlived this many connections may be the
 * one that ends them. So it is, if Redis has such a limit; else something on the way cuts connections, and it is sent again.
 */
const MOST_SENDS = 5;
/** A script is sent again this often: a read beside it is more likely to be what Redis does not hand out. */
const MOST_SENDS_OF_SCRIPTS = 10;

/** A Redis that does not say whether it has a limit has one if a command outlived its connections for this long. */
const LONGEST_CUT_MS = 15_000;

/** Commands whose answer may be of any size. Others wait long for their answer (BZPOPMIN), or have a short one. */
const MOST_SENDS_OF: Readonly<Record<string, number>> = {
  get: MOST_SENDS,
  hget: MOST_SENDS,
  hgetall: MOST_SENDS,
  hmget: MOST_SENDS,
  lrange: MOST_SENDS,
  mget: MOST_SENDS,
  zrange: MOST_SENDS,
  eval: MOST_SENDS_OF_SCRIPTS,
  evalsha: MOST_SENDS_OF_SCRIPTS,
};

/** Who loads its data, by name, since the last answer that said so. */
const loading = new Map<string, string>();

/** What Redis answered if it loads its data, as after a restart; undefined if it takes commands, or nothing is known. */
export function loadingReason(redis: RedisPlace): string | undefined {
  return loading.get(redisNamed(redis));
}

/**
 * A client of one Redis that says what ioredis keeps to itself: that Redis loads its data (an error event, `LOADING`),
 * and that Redis closes each connection which asks for an answer that is too large: that command then fails with
 * REDIS_REFUSED, and the others are answered.
 */
export class RedisClient extends Redis {
  readonly #named: string;
  readonly #sends = new WeakMap<Command, { count: number; firstAt: number }>();

  constructor(place: RedisPlace, options: Omit<RedisOptions, "replyMapping">) {
    super(place.url, options);
    this.#named = redisNamed(place);
    this.on("ready", () => loading.delete(this.#named));
    this.on("close", () => loading.delete(this.#named));
  }

  override sendCommand(...[command, stream]: Parameters<Redis["sendCommand"]>): unknown {
    if (this.status === "connect" && command.name === "info") this.#watchLoading(command);
    if (this.status === "ready" && this.#isSentTooOften(command)) {
      void this.#endOrSend(command);
      return command.promise;
    }
    return super.sendCommand(command, stream);
  }

  #isSentTooOften(command: Command): boolean {
    const most = MOST_SENDS_OF[command.name];
    if (most === undefined) return false;
    const sends = this.#sends.get(command) ?? { count: 0, firstAt: performance.now() };
    sends.count++;
    this.#sends.set(command, sends);
    return sends.count > most;
  }

  async #endOrSend(command: Command): Promise<void> {
    const { firstAt } = this.#sends.get(command)!;
    const limits = await answerLimits(this);
    const isLimited = limits
      ? limits.hard > 0 || limits.soft > 0
      : performance.now() - firstAt > LONGEST_CUT_MS;
    if (isLimited) command.reject(this.#tooLarge(command));
    else {
      this.#sends.set(command, { count: 0, firstAt });
      super.sendCommand(command);
    }
  }

  #tooLarge(command: Command): ColaError {
    return new ColaError(
      "REDIS_REFUSED",
      `${this.#named} closed the connection again and again in place of an answer to ${command.name.toUpperCase()} ` +
        "(its log names the reason): the answer is larger than client-output-buffer-limit allows: " +
        RAISE_OUTPUT_BUFFER,
    );
  }

  /** ioredis asks a server for INFO before it sends anything else, and asks again while the server loads its data. */
  #watchLoading(command: Command): void {
    const note = (answer: unknown) => {
      if (!/^loading:1/m.test(String(answer))) return;
      const [, left] = /^loading_eta_seconds:(\d+)/m.exec(String(answer)) ?? [];
      const reason = `LOADING its data, ${left ?? "?"} s left by its own estimate`;
      loading.set(this.#named, reason);
      this.silentEmit("error", new Error(reason));
    };
    Promise.resolve(command.promise).then(note, () => undefined);
  }
}
