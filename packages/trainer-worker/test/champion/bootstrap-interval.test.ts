import { bootstrapInterval } from "@colaml/trainer-worker/champion/bootstrap-interval";

describe("the bootstrap interval of an accuracy difference", () => {
  it("is as wide as the normal approximation says if rows are many", () => {
    // Variance of a mean of +1 (200), -1 (100) and 0 (9,700): (300/1e4 - 0.01^2) / 1e4.
    const standardError = Math.sqrt((0.03 - 0.0001) / 10_000);
    const interval = bootstrapInterval(200, 100, 10_000, 42);
    expect(interval.difference).toBeCloseTo(0.01, 12);
    expect(Math.abs(interval.low - (0.01 - 1.96 * standardError))).toBeLessThan(0.0004);
    expect(Math.abs(interval.high - (0.01 + 1.96 * standardError))).toBeLessThan(0.0004);
  });

  it("is the same for the same seed and another for another", () => {
    expect(bootstrapInterval(20, 10, 500, 1)).toEqual(bootstrapInterval(20, 10, 500, 1));
    expect(bootstrapInterval(20, 10, 500, 1)).not.toEqual(bootstrapInterval(20, 10, 500, 2));
  });

  it.each([
    [0, 0, 100, 0, 0],
    [100, 0, 100, 1, 1],
    [0, 100, 100, -1, -1],
  ])("of %d against %d of %d rows runs from %d to %d", (a, b, rows, low, high) => {
    expect(bootstrapInterval(a, b, rows, 7)).toMatchObject({ low, high });
  });
});
