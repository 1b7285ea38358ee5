/** Steps between 0 and 1 that probabilities are rounded to: six decimals. */
const STEPS = 1_000_000;
/** With many classes the tables of all of them share this many steps. */
const STEPS_OF_ALL_CLASSES = 4_000_000;

/**
 * Counts of positive and negative rows by their probability, so that the area under the ROC curve needs memory
 * only for the steps, however many rows come (8 MB for a binary model).
 */
export class ScoreTable {
  readonly #positives: Uint32Array;
  readonly #negatives: Uint32Array;
  readonly #steps: number;

  /** @param tables how many of them there will be */
  constructor(tables = 1) {
    this.#steps = Math.min(STEPS, Math.floor(STEPS_OF_ALL_CLASSES / tables));
    this.#positives = new Uint32Array(this.#steps + 1);
    this.#negatives = new Uint32Array(this.#steps + 1);
  }

  add(probability: number, positive: boolean): void {
    const step = Math.round(probability * this.#steps);
    if (positive) this.#positives[step]!++;
    else this.#negatives[step]!++;
  }

  /**
   * Area under the ROC curve, ties counted half, as scikit-learn's `roc_auc_score` on probabilities rounded to
   * the steps, and its standard error by DeLong's variance (1988). Undefined if one of the classes has no row.
   */
  rocAuc(): { value: number; standardError: number } | undefined {
    const totals = [sum(this.#negatives), sum(this.#positives)] as const;
    const [negatives, positives] = totals;
    if (negatives === 0 || positives === 0) return undefined;
    let below = 0;
    let area = 0;
    let squares = 0;
    for (let step = 0; step <= this.#steps; step++) {
      const placement = (below + this.#negatives[step]! / 2) / negatives;
      area += this.#positives[step]! * placement;
      squares += this.#positives[step]! * placement * placement;
      below += this.#negatives[step]!;
    }
    const value = area / positives;
    const ofPositives = Math.max(0, squares / positives - value * value);
    const variance =
      ofPositives / Math.max(1, positives - 1) +
      this.#negativesVariance(value, positives) / Math.max(1, negatives - 1);
    return { value, standardError: Math.sqrt(variance) };
  }

  #negativesVariance(auc: number, positives: number): number {
    let above = positives;
    let squares = 0;
    let negatives = 0;
    for (let step = 0; step <= this.#steps; step++) {
      above -= this.#positives[step]!;
      const placement = (above + this.#positives[step]! / 2) / positives;
      squares += this.#negatives[step]! * placement * placement;
      negatives += this.#negatives[step]!;
    }
    return Math.max(0, squares / negatives - auc * auc);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
}
