import { SpreadRows } from "@colaml/producer/submit/spread-rows";

function kept(n: number): number[] {
  const spread = new SpreadRows<number>();
  for (let row = 0; row < n; row++) spread.add(row);
  return spread.rows;
}

describe("rows spread over a table", () => {
  it("are all of a short one, in order", () => {
    expect(kept(900)).toEqual(Array.from({ length: 900 }, (_, row) => row));
  });

  it("are the first ones and, of the rest, some that are evenly spaced up to the end", () => {
    const rows = kept(100_000);
    expect(rows.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, row) => row));
    const later = rows.slice(500);
    expect(later.length).toBeGreaterThanOrEqual(500);
    expect(later.length).toBeLessThan(1_000);
    const steps = new Set(later.slice(1).map((row, i) => row - later[i]!));
    // 99,500 later rows, one of each 128 is kept: 778 of them
    expect([...steps]).toEqual([128]);
    expect(later).toHaveLength(778);
  });
});
