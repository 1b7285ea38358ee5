import { RowHashes } from "@colaml/monitor-worker/rows/row-hash";

const probabilities = new Float64Array([0.5, 0.5, 0.5, 0.5, 0.5 + 2 ** -53, 0.5 - 2 ** -53]);
const hashes = new RowHashes(probabilities, 2);

describe("the hash of a row", () => {
  it("is the same for the same prediction and text, wherever in a batch", () => {
    expect(hashes.of(0, 1, "a text")).toBe(hashes.of(1, 1, "a text"));
    const later = new RowHashes(probabilities.subarray(2), 2);
    expect(later.of(1, 1, "a text")).toBe(hashes.of(2, 1, "a text"));
  });

  it("differs by the last bit of a probability, by the class, by the text and its length", () => {
    const rows = [
      hashes.of(0, 1, "a text"),
      hashes.of(2, 1, "a text"),
      hashes.of(0, 0, "a text"),
      hashes.of(0, 1, "a test"),
      hashes.of(0, 1, "a text "),
      hashes.of(0, 1),
    ];
    expect(new Set(rows).size).toBe(rows.length);
  });

  it("meets by chance no more often than 32 bits do", () => {
    const n = 100_000;
    const random = Float64Array.from({ length: 2 * n }, (_, i) => Math.abs(Math.sin(i + 1)));
    const many = new RowHashes(random, 2);
    const found = new Set(Array.from({ length: n }, (_, row) => many.of(row, 0)));
    // n squared / 2 pairs, each with a chance of 2 to the -32: 1.2 are expected, 9 come once in a million times
    expect(n - found.size).toBeLessThan(9);
    expect(found.has(0)).toBe(false);
  });
});
