import { ScoreTable } from "@colaml/monitor-worker/quality/score-table";

/** Row i of `rows` is positive if i divides by 3; `values` different probabilities come in turn, larger for positives. */
function tableOf(rows: number, values: number): ScoreTable {
  const table = new ScoreTable();
  for (let i = 0; i < rows; i++) {
    const share = ((i * 7919) % values) / values;
    table.add(i % 3 === 0 ? Math.sqrt(share) : share, i % 3 === 0);
  }
  return table;
}

describe("the area under the ROC curve", () => {
  it("is scikit-learn's with DeLong's error in numpy, for few steps, many, and more than are counted one by one", () => {
    const cases = [
      { rows: 1_000, values: 101, area: 0.663151175127223, error: 0.01749818032200913 },
      { rows: 1_000, values: 100_003, area: 0.6677365988743234, error: 0.017329392171116145 },
      { rows: 40_000, values: 100_003, area: 0.6668989264854615, error: 0.0027378730075406066 },
    ];
    for (const { rows, values, area, error } of cases) {
      const found = tableOf(rows, values).rocAuc()!;
      expect(found.value).toBeCloseTo(area, 12);
      expect(found.standardError).toBeCloseTo(error, 12);
    }
  });

  it("does not hold every step for a small check, which was 8 MB of garbage each time", () => {
    const before = process.memoryUsage().arrayBuffers;
    const tables = Array.from({ length: 20 }, () => tableOf(1_000, 100_003));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    expect(tables).toHaveLength(20);
  });
});
