import {
  blockRowsOf,
  designEffect,
  termsDesignEffect,
  wordDesignEffects,
} from "@colaml/trainer-worker/profile/design-effect";
import { labelOrder, orderNotes, shuffledRows } from "@colaml/trainer-worker/profile/label-order";
import { wordVarianceFactor } from "@colaml/trainer-worker/profile/word-dependence";

const repeated = (counts: number[]) => counts.flatMap((count, bin) => new Array<number>(count).fill(bin));

describe("blocks of neighbouring rows", () => {
  it.each([
    [0, 1],
    [1, 1],
    [10, 10],
    [30, 25],
    [500, 25],
    [540, 27],
    [10_000, 500],
  ])("of %d rows have %d: twenty blocks, none below 25 rows if there are as many", (rows, blockRows) => {
    expect(blockRowsOf(rows)).toBe(blockRows);
  });
});

describe("the design effect", () => {
  // Counts of bins in each of four blocks; nothing is in bin 2 but rows behind the last block, which do not count.
  const blocks = [
    [10, 10, 0, 5],
    [5, 15, 0, 5],
    [20, 3, 0, 2],
    [8, 8, 0, 9],
  ];

  it("is scipy's chi-square of homogeneity over its degrees of freedom", () => {
    // chi2_contingency of the used bins, correction=False: 24.72720561092654 with 6 degrees of freedom
    const rows = [...blocks.flatMap(repeated), 2, 2, 2, 2, 2, 2, 2];
    expect(designEffect(rows, 4)).toBeCloseTo(24.72720561092654 / 6, 12);
  });

  it("is measured on four blocks, and not on three", () => {
    // (25, 0) twice and (0, 25) twice: chi-square 100 with 3 degrees of freedom
    expect(designEffect(repeated([50, 50]), 2)).toBeCloseTo(100 / 3, 12);
    expect(designEffect(repeated([50, 49]), 2)).toBe(1);
    // values that every row has say nothing
    expect(designEffect(repeated([100]), 2)).toBe(1);
  });

  it("of words is scipy's chi-square of each, and of all words the sum over the sum of the degrees of freedom", () => {
    // Of 25 rows each: chi2_contingency of (held, not held) by blocks, 3 degrees of freedom. The third word is in every
    // row and the fourth in none: they say nothing.
    const documents = [
      [5, 3, 25, 0],
      [10, 3, 25, 0],
      [15, 3, 25, 0],
      [2, 4, 25, 0],
    ].map((block) => Uint32Array.from(block));
    const statistics = [18.014705882352942, 0.26525198938992045];
    expect(wordDesignEffects(documents, 25, 4)).toEqual([expect.closeTo(statistics[0]! / 3, 12), 1, 1, 1]);
    expect(termsDesignEffect(documents, 25, 4)).toBeCloseTo((statistics[0]! + statistics[1]!) / 6, 12);
    // three blocks are too few, however much they differ
    expect(wordDesignEffects(documents.slice(1), 25, 4)).toEqual([1, 1, 1, 1]);
    const ofOne = documents.map((block) => block.subarray(1));
    expect([termsDesignEffect(ofOne, 25, 1), termsDesignEffect(ofOne.slice(1), 25, 1)]).toEqual([1, 1]);
    expect(termsDesignEffect(documents, 25, 0)).toBe(1);
  });
});

describe("the order of labels", () => {
  // Of 20 and 20 rows random order has 2 * 20 * 20 / 40 changes on average (Wald and Wolfowitz).
  it("is by label with fewer than a fifth of the changes of random order, if that has twenty or more", () => {
    const order = (runs: number[]) =>
      labelOrder(
        runs.flatMap((n, i) => new Array<number>(n).fill(i % 2)),
        2,
      );
    expect(order([20, 20])).toEqual({
      changes: 1,
      expectedChanges: expect.closeTo(20, 12),
      sortedByLabel: true,
    });
    expect(order([10, 10, 10, 10])).toMatchObject({ changes: 3, sortedByLabel: true });
    expect(order([10, 10, 5, 10, 5])).toMatchObject({ changes: 4, sortedByLabel: false });
    expect(order([19, 19])).toMatchObject({ expectedChanges: expect.closeTo(19, 12), sortedByLabel: false });
  });

  it("of three classes expects (n - 1) (1 - sum n_k (n_k - 1) / (n (n - 1))) changes", () => {
    // 2, 2 and 1 rows: 4 (1 - 4 / 20)
    expect(labelOrder([0, 0, 1, 2, 1], 3)).toEqual({
      changes: 3,
      expectedChanges: expect.closeTo(3.2, 12),
      sortedByLabel: false,
    });
  });

  it("of two rows, one or none is no order", () => {
    expect(labelOrder([0, 1], 2)).toEqual({ changes: 1, expectedChanges: 1, sortedByLabel: false });
    for (const rows of [[1], []])
      expect(labelOrder(rows, 2)).toEqual({ changes: 0, expectedChanges: 0, sortedByLabel: false });
  });

  it("is named for a person if it is by label, and only then", () => {
    const order = { changes: 1, expectedChanges: 19.6, sortedByLabel: true };
    expect(orderNotes(order)).toEqual([
      "the rows of the file are sorted by label (it changes 1 times between neighbouring held-out rows, 20 in random order): how alike rows of one time are cannot be measured, so drift is judged as if rows came in random order; train on rows in the order of time to measure it",
    ]);
    expect([orderNotes({ ...order, sortedByLabel: false }), orderNotes(undefined)]).toEqual([[], []]);
  });
});

it("rows are shuffled from the end by Fisher and Yates, with a number for each row but the first", () => {
  let numbers = 0;
  const least = () => {
    numbers++;
    return 0;
  };
  // Swaps of (3, 0), (2, 0) and (1, 0).
  expect([...shuffledRows(4, least)]).toEqual([1, 2, 3, 0]);
  expect(numbers).toBe(3);
  expect([...shuffledRows(4, () => 0.999)]).toEqual([0, 1, 2, 3]);
});

describe("the variance factor of words", () => {
  const words = [[0, 1], [0, 1], [0], [1, 2], [2], [0, 1, 2], [], [0], [2, 3], [3]];

  it("is that of numpy's correlations of the profiled words, whatever else the rows hold", () => {
    // numpy, a being 1 - the words' shares and R corrcoef: the sum of a_w a_v (R_wv^2 - 1 / 10), 1 for R_ww, over that of a_w^2
    const kept = [4, 1, 5, 2];
    const termsOf = (row: number) => [0, ...words[row]!.map((word) => kept[word]!), 3];
    expect(wordVarianceFactor(termsOf, 10, 6, kept)).toBeCloseTo(1.0782608695652174, 12);
    // A word of every row and one of none vary with nothing.
    const all = (row: number) => [...termsOf(row), 6];
    expect(wordVarianceFactor(all, 10, 8, [...kept, 6, 7])).toBeCloseTo(1.0782608695652174, 12);
  });

  it("is 1 if each word is in every row or in none", () => {
    expect(wordVarianceFactor(() => [0], 10, 2, [0, 1])).toBe(1);
    expect(wordVarianceFactor(() => [], 10, 2, [])).toBe(1);
  });

  it("is not below 1 if words avoid each other by chance", () => {
    const held = [[0, 1], [0], [1], []];
    expect(wordVarianceFactor((row) => held[row]!, 4, 2, [0, 1])).toBe(1);
  });
});
