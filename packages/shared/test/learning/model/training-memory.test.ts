import {
  checkTrainingSize,
  TRAINING_HEAP_BYTES,
  trainingBytes,
  treeMethodFor,
} from "@colaml/shared/learning/model/training-memory";

const size = (nRows: number, nColumns: number, perRow: number, depth: number, nGroups = 1) => ({
  nRows,
  nColumns,
  stored: nRows * perRow,
  nGroups,
  depth,
});

describe("the method of looking for splits", () => {
  it("is by histogram for the default settings, and for deep trees over many rows", () => {
    expect(treeMethodFor(size(2_450, 100, 7.5, 6))).toBe("hist");
    expect(treeMethodFor(size(490_000, 100, 7.5, 6))).toBe("hist");
    expect(treeMethodFor(size(1_000_000, 100, 7.5, 10))).toBe("hist");
  });

  it("is exact if histograms would take more memory than the rows are worth, or than there is", () => {
    expect(treeMethodFor(size(2_450, 100, 7.5, 10))).toBe("exact");
    expect(treeMethodFor(size(490_000, 5_000, 12, 8))).toBe("exact");
    expect(treeMethodFor(size(1_000_000, 100, 7.5, 16))).toBe("exact");
  });

  it("is by histogram for wide trees of few bins: nodes x features x bins x 16 bytes", () => {
    const wide = size(7_000, 5_000, 15, 6);
    expect(treeMethodFor(wide)).toBe("exact");
    expect(treeMethodFor({ ...wide, maxBin: 4 })).toBe("hist");
    expect(trainingBytes({ ...wide, maxBin: 4 }) - trainingBytes(wide)).toBe(2 ** 7 * 5_000 * 4 * 16);
  });
});

describe("the size of a training", () => {
  it("of three million tweets with the default settings is well inside of the heap", () => {
    expect(trainingBytes(size(3_000_000, 100, 7.5, 6))).toBeLessThan(TRAINING_HEAP_BYTES / 2);
    expect(() => checkTrainingSize(size(3_000_000, 100, 7.5, 6))).not.toThrow();
  });

  it("that is refused names a number of rows that is not", () => {
    const tooLarge = size(40_000_000, 100, 7.5, 8, 3);
    let rowsThatFit = 0;
    try {
      checkTrainingSize(tooLarge);
    } catch (error) {
      expect(error).toMatchObject({ code: "INPUT_TOO_LARGE" });
      rowsThatFit = Reflect.get(Reflect.get(Object(error), "details"), "rowsThatFit");
    }
    expect(rowsThatFit).toBeGreaterThan(1_000_000);
    expect(() => checkTrainingSize(size(rowsThatFit, 100, 7.5, 8, 3))).not.toThrow();
    expect(() => checkTrainingSize(size(rowsThatFit * 1.05, 100, 7.5, 8, 3))).toThrow(/rows would fit/);
  });

  it("of a linear model grows with features times classes, and has no histograms", () => {
    const linear = (nRows: number, nColumns: number, nGroups: number) => ({
      nRows,
      nColumns,
      stored: nRows * 40,
      nGroups,
    });
    expect(trainingBytes(linear(1_000_000, 70_000, 1))).toBeLessThan(TRAINING_HEAP_BYTES);
    const one = trainingBytes(linear(10_000, 70_000, 1));
    expect(trainingBytes(linear(10_000, 140_000, 1)) - one).toBe(70_000 * 16);
    // 1,000,000 rows of a training with 280 values each: 2.24 GB as entries of columns.
    const values = (nRows: number) => ({ ...linear(nRows, 70_000, 1), stored: nRows * 280 });
    expect(trainingBytes(values(490_000))).toBeLessThan(TRAINING_HEAP_BYTES);
    expect(trainingBytes(values(1_000_000))).toBeGreaterThan(TRAINING_HEAP_BYTES);
    expect(() => checkTrainingSize(linear(10_000, 70_000, 77))).not.toThrow();
    expect(() => checkTrainingSize(linear(10_000, 70_000, 2_000))).toThrow(
      expect.objectContaining({ code: "INPUT_TOO_LARGE", message: expect.stringMatching(/70000 features/) }),
    );
  });
});
