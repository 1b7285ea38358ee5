import type { TrainJob } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";

const MS_PER_MINUTE = 60_000;
/** A longer training is not refused any more: it would have been by its first iterations, or they deceived. */
const LAST_LOOK = 5;
/** A shorter rest is not worth a message. */
const SHORT_MS = 90_000;

/** Estimates how long boosting takes from its first iterations, and refuses what takes longer than allowed. */
export class BoostingTime {
  readonly #job: Pick<TrainJob, "boosting" | "max_minutes">;
  readonly #nClasses: number;
  readonly #clock: () => number;
  readonly #startMs: number;
  #firstMs = 0;

  /** @param clock milliseconds; injected for tests */
  constructor(job: Pick<TrainJob, "boosting" | "max_minutes">, nClasses: number, clock: () => number) {
    this.#job = job;
    this.#nClasses = nClasses;
    this.#clock = clock;
    this.#startMs = clock();
  }

  /**
   * Called after each iteration.
   *
   * @param number of the iteration, from 1
   * @param of iterations in all
   * @returns how long the rest takes, for a person; undefined if that is short or not known yet
   * @throws ColaError INPUT_TOO_LARGE, after the first iterations, if the whole would take longer than `max_minutes`
   */
  after(number: number, of: number): string | undefined {
    const now = this.#clock();
    if (number === 1) return this.#afterFirst(now - this.#startMs, of);
    const perIteration = (now - this.#firstMs) / (number - 1);
    const leftMs = perIteration * (of - number);
    this.#check(number, now - this.#startMs + leftMs, perIteration);
    return leftMs < SHORT_MS ? undefined : `about ${minutes(leftMs)} left`;
  }

  /** The first one makes room and bins: it says little of the others, unless it used up the time by itself. */
  #afterFirst(ms: number, of: number): undefined {
    this.#firstMs = this.#startMs + ms;
    if (ms > this.#job.max_minutes * MS_PER_MINUTE) this.#check(1, ms * of, ms);
    return undefined;
  }

  #check(number: number, totalMs: number, perIterationMs: number): void {
    const { boosting, max_minutes } = this.#job;
    const limitMs = max_minutes * MS_PER_MINUTE;
    // Early stopping may end it long before; a penalty that is chosen stops by itself.
    const mayStop = boosting.early_stopping_rounds > 0 || boosting.reg_lambda === "auto";
    const elapsedMs = this.#clock() - this.#startMs;
    if (limitMs === 0 || number > LAST_LOOK || (mayStop ? elapsedMs : totalMs) <= limitMs) return;
    const fit = Math.floor(limitMs / perIterationMs);
    const ways = [
      ...(fit > 0 ? [`--iterations ${fit} would fit`] : []),
      ...(this.#nClasses > 2 ? ["fewer classes (--min-class-rows) take less"] : []),
      ...(boosting.booster === "gbtree" ? ["--preset best is faster"] : []),
    ];
    throw new ColaError(
      "INPUT_TOO_LARGE",
      `training would take about ${minutes(totalMs)} (${boosting.iterations} iterations of ${this.#nClasses} classes, ${(perIterationMs / 1000).toFixed(1)} s each), allowed are ${max_minutes} min (--max-minutes): ${ways.join(", ") || "allow more"}`,
      {
        details: {
          estimatedMinutes: totalMs / MS_PER_MINUTE,
          maxMinutes: max_minutes,
          iterationsThatFit: fit,
        },
      },
    );
  }
}

/** `12 min`, `2.5 h`. */
function minutes(ms: number): string {
  const value = ms / MS_PER_MINUTE;
  return value < 120 ? `${Math.max(1, Math.round(value))} min` : `${(value / 60).toFixed(1)} h`;
}
