import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { RowPacker, RowUnpacker } from "@colaml/shared/learning/text/packed-rows";

type Row = { columns: number[]; values: number[] };

function packed(rows: readonly Row[]) {
  const packer = new RowPacker();
  for (const { columns, values } of rows) packer.add(columns, values, columns.length);
  return packer.build();
}

function unpacked(reader: RowUnpacker): Row {
  reader.next();
  return {
    columns: Array.from(reader.indices.subarray(0, reader.count)),
    values: Array.from(reader.values.subarray(0, reader.count)),
  };
}

/** Rows of rising columns, `most` of them at most, with values that float32 holds. */
function randomRows(n: number, most: number, nColumns: number): Row[] {
  const random = seededRandom(7);
  return Array.from({ length: n }, () => {
    const columns = new Set(
      Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * nColumns)),
    );
    const sorted = [...columns].sort((a, b) => a - b);
    return { columns: sorted, values: sorted.map(() => Math.fround(random())) };
  });
}

describe("packed rows", () => {
  it("are read as they were added, any number of times", () => {
    const rows = [
      { columns: [0, 1, 127, 128, 129, 300], values: [0.5, -1, 2, 0.25, 4, 8] },
      { columns: [], values: [] },
      // The largest column needs five groups of bits.
      { columns: [16_383, 16_384, 4_000_000_000], values: [1, 2, 3] },
    ];
    const reader = new RowUnpacker(packed(rows));
    for (let times = 0; times < 2; times++) {
      reader.rewind();
      expect(rows.map(() => unpacked(reader))).toEqual(rows);
    }
  });

  it("may be more than a block holds, and longer than one", () => {
    const many = randomRows(6_000, 60, 70_000);
    const long = Array.from({ length: 100_000 }, (_, i) => 3 * i);
    const rows = [...many, { columns: long, values: long.map(() => 1) }, ...many.slice(0, 10)];
    const built = packed(rows);
    expect(built.nRows).toBe(6_011);
    expect(built.blocks.length).toBeGreaterThan(2);
    const reader = new RowUnpacker(built);
    expect(rows.map(() => unpacked(reader))).toEqual(rows);
  });

  it("round values to float32, as XGBoost does", () => {
    const reader = new RowUnpacker(packed([{ columns: [2], values: [0.1] }]));
    expect(unpacked(reader).values).toEqual([Math.fround(0.1)]);
  });

  it("take a part of longer arrays", () => {
    const packer = new RowPacker();
    packer.add([5, 1, 4, 9], [1, 2, 3, 4], 2, 1);
    expect(unpacked(new RowUnpacker(packer.build()))).toEqual({ columns: [1, 4], values: [2, 3] });
  });
});
