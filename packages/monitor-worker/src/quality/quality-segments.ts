/** One stretch of neighbouring rows. */
export interface Segment {
  rows: number;
  labelled: number;
  correct: number;
  /** Sum of the chances that the predictions are right. */
  expectedCorrect: number;
}

/** Segments at most; then neighbours are joined, so memory does not grow with the rows. */
const MAX_SEGMENTS = 40;
const FIRST_ROWS = 50;

/** Quality along the rows of one check, in file order, in 20 to 40 stretches of equal length. */
export class QualitySegments {
  #segments: Segment[] = [];
  #rowsEach = FIRST_ROWS;

  /** @param correct undefined if the row has no label */
  add(correct: boolean | undefined, expectedCorrect: number): void {
    let last = this.#segments.at(-1);
    if (last === undefined || last.rows >= this.#rowsEach) {
      if (this.#segments.length === MAX_SEGMENTS) this.#join();
      last = { rows: 0, labelled: 0, correct: 0, expectedCorrect: 0 };
      this.#segments.push(last);
    }
    last.rows++;
    last.expectedCorrect += expectedCorrect;
    if (correct === undefined) return;
    last.labelled++;
    if (correct) last.correct++;
  }

  /** In file order; the last one may be shorter. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  #join(): void {
    const joined: Segment[] = [];
    for (let i = 0; i < this.#segments.length; i += 2) {
      const [a, b] = [this.#segments[i]!, this.#segments[i + 1]!];
      joined.push({
        rows: a.rows + b.rows,
        labelled: a.labelled + b.labelled,
        correct: a.correct + b.correct,
        expectedCorrect: a.expectedCorrect + b.expectedCorrect,
      });
    }
    this.#segments = joined;
    this.#rowsEach *= 2;
  }
}
