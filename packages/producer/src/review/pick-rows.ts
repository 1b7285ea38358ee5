import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { BestRows } from "./best-rows";
import { RandomRows } from "./random-rows";
import type { ScoredRow } from "./scored-rows";
import type { Strangeness } from "./strange-words";

/** Why a row is to be labelled. */
export type ReviewReason = "random" | "uncertain" | "drifted";

/** A row to label. */
export interface ReviewRow extends ScoredRow {
  reason: ReviewReason;
  /** Words that are new; empty but for drifted rows. */
  words: string[];
  /** Chance of each row of the file to be drawn; only of random rows. */
  inclusionProbability?: number;
  /** Rows of the file that it stands for; only of random rows, and their sum is the rows of the file. */
  weight?: number;
}

/** How many rows of each kind are asked for. */
export interface ReviewCounts {
  random: number;
  uncertain: number;
  drifted: number;
}

export interface Review {
  /** In random order, so that who labels does not see the kinds one after the other. */
  rows: ReviewRow[];
  /** Rows of the file that could be read. */
  seen: number;
  picked: ReviewCounts;
}

type Strange = ScoredRow & { words: string[] };

/**
 * Picks rows to label in one pass. Random rows come first: a row that is random and uncertain is random, so that the
 * random ones stay a fair sample. Each text is picked once. Where too few rows are drifted, uncertain ones take
 * their place. The same file, counts and seed pick the same rows. Memory O(rows picked).
 *
 * @param strangeness absent: no row is drifted
 */
export async function pickRows(
  rows: AsyncIterable<ScoredRow>,
  counts: ReviewCounts,
  seed: number,
  strangeness?: Strangeness,
): Promise<Review> {
  const chance = new MersenneTwister(seed);
  const ties = new MersenneTwister((seed ^ 0x9e3779b9) >>> 0);
  const total = counts.random + counts.uncertain + counts.drifted;
  const random = new RandomRows<ScoredRow>(counts.random, chance);
  // as many as all kinds together: those that another kind takes have to be replaced
  const uncertain = new BestRows<ScoredRow>(total);
  const drifted = new BestRows<Strange>(counts.drifted === 0 ? 0 : total);
  let seen = 0;
  for await (const row of rows) {
    seen++;
    random.offer(row);
    const tie = ties.nextUint32();
    uncertain.offer({ row, score: row.margin, tie });
    const strange = strangeness?.(row.text);
    if (strange && strange.score > 0)
      drifted.offer({ row: { ...row, words: strange.words }, score: -strange.score, tie });
  }
  const probability = random.inclusionProbability;
  const picked: ReviewRow[] = random.drawn().map(({ row, draws }) => ({
    ...row,
    words: [],
    reason: "random",
    inclusionProbability: probability,
    weight: draws / probability,
  }));
  const taken = new Set(picked.map(({ text }) => text));
  const nRandom = picked.length;
  take(drifted.rows(), counts.drifted, taken, (row) => picked.push({ ...row, reason: "drifted" }));
  const nDrifted = picked.length - nRandom;
  const left = counts.uncertain + counts.drifted - nDrifted;
  take(uncertain.rows(), left, taken, (row) => picked.push({ ...row, words: [], reason: "uncertain" }));
  const order = chance.permutation(picked.length);
  return {
    rows: Array.from(order, (at) => picked[at]!),
    seen,
    picked: { random: nRandom, drifted: nDrifted, uncertain: picked.length - nRandom - nDrifted },
  };
}

function take<Row extends ScoredRow>(
  rows: readonly Row[],
  most: number,
  taken: Set<string>,
  use: (row: Row) => void,
): void {
  let used = 0;
  for (const row of rows) {
    if (used === most) return;
    if (taken.has(row.text)) continue;
    taken.add(row.text);
    used++;
    use(row);
  }
}
