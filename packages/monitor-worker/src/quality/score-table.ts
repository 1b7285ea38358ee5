/** Steps between 0 and 1 that probabilities are rounded to: six decimals. */
const STEPS = 1_000_000;
/** With many classes the tables of all of them share this many steps. */
const STEPS_OF_ALL_CLASSES = 4_000_000;
/** Steps that rows fell on are counted one by one up to this many: about a megabyte. */
const FEW = 16_384;

/** Rows of each class by step, in the order of the steps; steps without a row may be left out. */
interface StepCounts {
  positives: Uint32Array;
  negatives: Uint32Array;
}

/**
 * Counts of positive and negative rows by their probability, so that the area under the ROC curve needs memory
 * only for the steps, however many rows come: 8 MB for a binary model, and far less for the few steps of a small check.
 */
export class ScoreTable {
  readonly #steps: number;
  /** Rows by twice the step, and one more for positive ones. */
  readonly #few = new Map<number, number>();
  /** Of every step, once there are more than a few. */
  #all: StepCounts | undefined;

  /** @param tables how many of them there will be */
  constructor(tables = 1) {
    this.#steps = Math.min(STEPS, Math.floor(STEPS_OF_ALL_CLASSES / tables));
  }

  add(probability: number, positive: boolean): void {
    const step = Math.round(probability * this.#steps);
    if (this.#all) {
      this.#all[positive ? "positives" : "negatives"][step]!++;
      return;
    }
    const key = 2 * step + Number(positive);
    this.#few.set(key, (this.#few.get(key) ?? 0) + 1);
    if (this.#few.size > FEW) this.#spread();
  }

  /**
   * Area under the ROC curve, ties counted half, as scikit-learn's `roc_auc_score` on probabilities rounded to
   * the steps, and its standard error by DeLong's variance (1988). Undefined if one of the classes has no row.
   */
  rocAuc(): { value: number; standardError: number } | undefined {
    const counts = this.#all ?? this.#ofFew();
    const negatives = sum(counts.negatives);
    const positives = sum(counts.positives);
    if (negatives === 0 || positives === 0) return undefined;
    let below = 0;
    let area = 0;
    let squares = 0;
    for (let i = 0; i < counts.positives.length; i++) {
      const ofPositives = counts.positives[i]!;
      const placement = (below + counts.negatives[i]! / 2) / negatives;
      area += ofPositives * placement;
      squares += ofPositives * placement * placement;
      below += counts.negatives[i]!;
    }
    const value = area / positives;
    const spread = Math.max(0, squares / positives - value * value);
    const variance =
      spread / Math.max(1, positives - 1) +
      negativesVariance(counts, value, positives) / Math.max(1, negatives - 1);
    return { value, standardError: Math.sqrt(variance) };
  }

  /** From now on every step has its place. */
  #spread(): void {
    const counts = {
      positives: new Uint32Array(this.#steps + 1),
      negatives: new Uint32Array(this.#steps + 1),
    };
    for (const [key, rows] of this.#few) sideOf(counts, key)[key >> 1] = rows;
    this.#few.clear();
    this.#all = counts;
  }

  /** Only the steps that rows fell on. */
  #ofFew(): StepCounts {
    const keys = Uint32Array.from(this.#few.keys()).sort();
    const counts = {
      positives: new Uint32Array(keys.length),
      negatives: new Uint32Array(keys.length),
    };
    let at = -1;
    let step = -1;
    for (const key of keys) {
      if (key >> 1 !== step) at++;
      step = key >> 1;
      sideOf(counts, key)[at] = this.#few.get(key)!;
    }
    return counts;
  }
}

const sideOf = (counts: StepCounts, key: number) => (key % 2 === 1 ? counts.positives : counts.negatives);

function negativesVariance(counts: StepCounts, auc: number, positives: number): number {
  let above = positives;
  let squares = 0;
  let negatives = 0;
  for (let i = 0; i < counts.negatives.length; i++) {
    const ofNegatives = counts.negatives[i]!;
    above -= counts.positives[i]!;
    const placement = (above + counts.positives[i]! / 2) / positives;
    squares += ofNegatives * placement * placement;
    negatives += ofNegatives;
  }
  return Math.max(0, squares / negatives - auc * auc);
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
}
