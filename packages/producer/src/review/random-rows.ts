import type { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";

/** A row drawn by chance; rows drawn that have the same text are one of these. */
export interface DrawnRow<Row> {
  row: Row;
  /** How many of the drawn rows have its text. */
  draws: number;
}

/**
 * A simple random sample of the rows of a stream, without replacement: each row is in it with the same chance,
 * size / rows. Reservoir sampling (Vitter 1985, algorithm R); memory O(size).
 */
export class RandomRows<Row extends { text: string }> {
  readonly #size: number;
  readonly #random: MersenneTwister;
  readonly #rows: Row[] = [];
  #seen = 0;

  constructor(size: number, random: MersenneTwister) {
    this.#size = size;
    this.#random = random;
  }

  offer(row: Row): void {
    this.#seen++;
    if (this.#rows.length < this.#size) {
      this.#rows.push(row);
      return;
    }
    const place = this.#random.nextUpTo(this.#seen - 1);
    if (place < this.#size) this.#rows[place] = row;
  }

  /** The chance of each row of the stream to be drawn; 1 if all are. */
  get inclusionProbability(): number {
    return this.#seen === 0 ? 0 : Math.min(1, this.#size / this.#seen);
  }

  drawn(): DrawnRow<Row>[] {
    const byText = new Map<string, DrawnRow<Row>>();
    for (const row of this.#rows) {
      const known = byText.get(row.text);
      if (known === undefined) byText.set(row.text, { row, draws: 1 });
      else known.draws++;
    }
    return [...byText.values()];
  }
}
