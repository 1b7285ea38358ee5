/** Changes from one label to another that are listed, at most. */
const LISTED_CHANGES = 20;

/** Rows whose label differs, overall and by class: what a replayed batch says, too. */
export interface LabelChanges {
  rows: number;
  changed: number;
  /** changed / rows. */
  share: number;
  /** By the rows of the baseline, most first. */
  byClass: ClassChange[];
  /** From one label to another, most rows first, at most 20. */
  changes: { from: string; to: string; rows: number }[];
}

export interface ClassChange {
  label: string;
  /** Rows that each side gives this label. */
  baseline: number;
  challenger: number;
  /** Rows that lose the label, and rows that gain it. */
  left: number;
  joined: number;
}

/** Counts rows by the label before and the label after; memory grows with the classes only. */
export class LabelChangeCounts {
  /** From -> to -> rows. */
  readonly #counts = new Map<string, Map<string, number>>();
  #rows = 0;
  #changed = 0;

  add(from: string, to: string): void {
    let row = this.#counts.get(from);
    if (!row) {
      row = new Map();
      this.#counts.set(from, row);
    }
    row.set(to, (row.get(to) ?? 0) + 1);
    this.#rows++;
    if (from !== to) this.#changed++;
  }

  /** @throws RangeError without a row: shares of nothing are not 0 */
  result(): LabelChanges {
    if (this.#rows === 0) throw new RangeError("no row was counted");
    const changes = [...this.#counts].flatMap(([from, row]) =>
      [...row].filter(([to]) => to !== from).map(([to, rows]) => ({ from, to, rows })),
    );
    return {
      rows: this.#rows,
      changed: this.#changed,
      share: this.#changed / this.#rows,
      byClass: this.#byClass(),
      changes: changes.sort((a, b) => b.rows - a.rows).slice(0, LISTED_CHANGES),
    };
  }

  #byClass(): ClassChange[] {
    const classes = new Map<string, ClassChange>();
    const of = (label: string) => {
      const known = classes.get(label) ?? { label, baseline: 0, challenger: 0, left: 0, joined: 0 };
      classes.set(label, known);
      return known;
    };
    for (const [from, row] of this.#counts) {
      for (const [to, rows] of row) {
        of(from).baseline += rows;
        of(to).challenger += rows;
        if (from === to) continue;
        of(from).left += rows;
        of(to).joined += rows;
      }
    }
    return [...classes.values()].sort((a, b) => b.baseline - a.baseline || b.challenger - a.challenger);
  }
}
