import { perClassMetrics, perClassMetricsCsv } from "@colaml/trainer-worker/scoring/per-class-metrics";

// scikit-learn: classification_report of 50 x a, 30 x b, 20 x c predicted as the counts say, output_dict=True.
const COUNTS = [
  [40, 6, 4],
  [5, 20, 5],
  [2, 3, 15],
];

describe("the metrics of each class", () => {
  it("are scikit-learn's", () => {
    const [a, b, c] = perClassMetrics(["a", "b", "c"], COUNTS);
    expect(a).toMatchObject({ support: 50, predicted: 47 });
    expect(a!.precision).toBeCloseTo(0.851063829787234, 12);
    expect(a!.recall).toBeCloseTo(0.8, 12);
    expect(a!.f1).toBeCloseTo(0.8247422680412371, 12);
    expect(b!.precision).toBeCloseTo(0.6896551724137931, 12);
    expect(b!.f1).toBeCloseTo(0.6779661016949152, 12);
    expect(c!.recall).toBeCloseTo(0.75, 12);
    expect(c!.f1).toBeCloseTo(0.6818181818181818, 12);
  });

  it("are absent, not zero, if they cannot be computed", () => {
    const [, never] = perClassMetrics(
      ["a", "b"],
      [
        [10, 0],
        [0, 0],
      ],
    );
    expect(never).toEqual({ label: "b", support: 0, predicted: 0 });
  });

  it("are written as CSV with quoted labels and empty cells for what is absent", () => {
    const csv = perClassMetricsCsv([{ label: 'he said "no", twice', support: 3, predicted: 0, recall: 0.5 }]);
    expect(csv).toBe(
      'label,precision,recall,f1_score,support,predicted\n"he said ""no"", twice",,0.5,,3,0\n',
    );
  });
});
