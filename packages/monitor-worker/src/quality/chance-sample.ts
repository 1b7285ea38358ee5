import type { Random } from "@colaml/shared/learning/data/seeded-random";
import { openRandom } from "../statistics/random";

/** Rows kept at most; with many classes fewer, so that memory stays within some MB. */
const MAX_ROWS = 20_000;
const MAX_VALUES = 500_000;
const SEED = 42;

/** An even sample of rows with their chances and probabilities (reservoir, seeded): all of them up to 20,000. */
export class ChanceSample {
  readonly #nClasses: number;
  readonly #capacity: number;
  readonly #random: Random = openRandom(SEED);
  readonly #predicted: number[] = [];
  readonly #chances: Float64Array;
  readonly #probabilities: Float64Array;
  #seen = 0;

  constructor(nClasses: number) {
    this.#nClasses = nClasses;
    this.#capacity = Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_VALUES / nClasses)));
    this.#chances = new Float64Array(this.#capacity * nClasses);
    this.#probabilities = new Float64Array(this.#capacity * nClasses);
  }

  add(predicted: number, chances: ArrayLike<number>, probabilities: ArrayLike<number>): void {
    const seen = this.#seen++;
    const at = seen < this.#capacity ? seen : Math.floor(this.#random() * (seen + 1));
    if (at >= this.#capacity) return;
    this.#predicted[at] = predicted;
    this.#chances.set(chances, at * this.#nClasses);
    this.#probabilities.set(probabilities, at * this.#nClasses);
  }

  get rows(): number {
    return this.#predicted.length;
  }

  /** rows x nClasses. */
  get chances(): Float64Array {
    return this.#chances.subarray(0, this.rows * this.#nClasses);
  }

  /** Calls `visit` for each row of the sample. */
  forEach(visit: (predicted: number, chances: Float64Array, probabilities: Float64Array) => void): void {
    for (const [i, predicted] of this.#predicted.entries()) {
      const [from, to] = [i * this.#nClasses, (i + 1) * this.#nClasses];
      visit(predicted, this.#chances.subarray(from, to), this.#probabilities.subarray(from, to));
    }
  }
}
