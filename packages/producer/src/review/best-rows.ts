/** A row with what it is ranked by: the lowest score is the best, `tie` decides between equals. */
export interface RankedRow<Row> {
  row: Row;
  score: number;
  tie: number;
}

/** The best rows of a stream, each text once, best first. Memory O(size). */
export class BestRows<Row extends { text: string }> {
  readonly #size: number;
  readonly #rows: RankedRow<Row>[] = [];
  readonly #texts = new Set<string>();

  constructor(size: number) {
    this.#size = size;
  }

  offer(ranked: RankedRow<Row>): void {
    const worst = this.#rows.at(-1);
    const isFull = this.#rows.length === this.#size;
    if (this.#size === 0 || (isFull && !isBefore(ranked, worst!))) return;
    if (this.#texts.has(ranked.row.text)) return;
    this.#rows.splice(this.#placeOf(ranked), 0, ranked);
    this.#texts.add(ranked.row.text);
    if (isFull) this.#texts.delete(this.#rows.pop()!.row.text);
  }

  rows(): Row[] {
    return this.#rows.map(({ row }) => row);
  }

  /** By halving: where the row stands among those kept. */
  #placeOf(ranked: RankedRow<Row>): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(ranked, this.#rows[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const isBefore = <Row>(a: RankedRow<Row>, b: RankedRow<Row>) =>
  a.score < b.score || (a.score === b.score && a.tie < b.tie);
