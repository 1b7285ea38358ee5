/** Rows at the start that are kept as they come: neighbours show whether a value is in one row only. */
const FIRST_ROWS = 500;
/** Rows that are kept of all others, to twice as many. */
const LATER_ROWS = 500;

/**
 * Keeps the first rows of a table and, of all that follow, some that are evenly spaced: a file that is sorted by its
 * label has only one label in its first rows.
 */
export class SpreadRows<Row> {
  readonly #first: Row[] = [];
  #later: Row[] = [];
  /** One of this many later rows is kept. */
  #every = 1;
  #met = 0;

  add(row: Row): void {
    if (this.#first.length < FIRST_ROWS) {
      this.#first.push(row);
      return;
    }
    if (this.#met++ % this.#every !== 0) return;
    this.#later.push(row);
    if (this.#later.length < 2 * LATER_ROWS) return;
    this.#later = this.#later.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** What was kept, in the order it came. */
  get rows(): Row[] {
    return [...this.#first, ...this.#later];
  }
}
