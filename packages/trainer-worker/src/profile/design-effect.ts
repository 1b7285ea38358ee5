/** Blocks of neighbouring rows that a design effect is measured on, at most and at least. */
const BLOCKS = 20;
const LEAST_BLOCKS = 4;
/** Fewer rows a block say nothing about shares. */
const LEAST_BLOCK_ROWS = 25;

/** Rows of each block, of `rows` in all (what is left over at the end belongs to no block). */
export function blockRowsOf(rows: number): number {
  return Math.max(1, Math.min(rows, Math.max(LEAST_BLOCK_ROWS, Math.floor(rows / BLOCKS))));
}

/**
 * How much more shares differ between blocks of neighbouring rows than chance lets them: the chi-square statistic
 * of homogeneity over its degrees of freedom, at least 1 (the design effect of Rao and Scott 1981, first order).
 * Values that no row or every row has say nothing and do not count; 1 if there are fewer than four blocks.
 *
 * @param binOfRow the bin of each row in file order
 */
export function designEffect(binOfRow: ArrayLike<number>, bins: number): number {
  const blockRows = blockRowsOf(binOfRow.length);
  const blocks = Math.floor(binOfRow.length / blockRows);
  if (blocks < LEAST_BLOCKS) return 1;
  const counts = new Float64Array(blocks * bins);
  for (let row = 0; row < blocks * blockRows; row++) {
    counts[Math.floor(row / blockRows) * bins + binOfRow[row]!]! += 1;
  }
  let statistic = 0;
  let used = 0;
  for (let bin = 0; bin < bins; bin++) {
    const expected = columnSum(counts, bin, bins) / blocks;
    if (expected === 0) continue;
    used++;
    for (let at = bin; at < counts.length; at += bins) statistic += (counts[at]! - expected) ** 2 / expected;
  }
  return used < 2 ? 1 : Math.max(1, statistic / ((blocks - 1) * (used - 1)));
}

/**
 * The same for words, each of which a row holds or not: one per word, and 1 for a word that no row or every row has.
 *
 * @param documents per block, how many rows hold each word: nBlocks x nWords
 */
export function wordDesignEffects(
  documents: readonly Uint32Array[],
  blockRows: number,
  words: number,
): number[] {
  return wordStatistics(documents, blockRows, words).map((statistic) =>
    statistic === undefined ? 1 : Math.max(1, statistic / (documents.length - 1)),
  );
}

/** One for all words: their statistics and degrees of freedom added up. */
export function termsDesignEffect(
  documents: readonly Uint32Array[],
  blockRows: number,
  words: number,
): number {
  const known = wordStatistics(documents, blockRows, words).filter((statistic) => statistic !== undefined);
  const sum = known.reduce((total, statistic) => total + statistic, 0);
  return known.length === 0 ? 1 : Math.max(1, sum / ((documents.length - 1) * known.length));
}

/** Chi-square statistic of each word's share over the blocks; undefined if it says nothing. */
function wordStatistics(
  documents: readonly Uint32Array[],
  blockRows: number,
  words: number,
): (number | undefined)[] {
  const blocks = documents.length;
  return Array.from({ length: words }, (_, word) => {
    if (blocks < LEAST_BLOCKS) return undefined;
    const share = documents.reduce((sum, block) => sum + block[word]!, 0) / (blocks * blockRows);
    if (share <= 0 || share >= 1) return undefined;
    const variance = blockRows * share * (1 - share);
    return documents.reduce((sum, block) => sum + (block[word]! - blockRows * share) ** 2 / variance, 0);
  });
}

function columnSum(counts: Float64Array, bin: number, bins: number): number {
  let sum = 0;
  for (let at = bin; at < counts.length; at += bins) sum += counts[at]!;
  return sum;
}
