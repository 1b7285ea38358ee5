import { decisionCounts, describeDecisions } from "@colaml/shared/contracts/decision-counts";

describe("counts of decisions", () => {
  it("get their names in the model's order, the word for abstaining last; what was never decided is 0", () => {
    expect(decisionCounts(["no", "yes", "ask"], [3, 4, 5])).toEqual({
      byClass: [
        { label: "no", rows: 3 },
        { label: "yes", rows: 4 },
      ],
      abstained: { word: "ask", rows: 5 },
    });
    expect(decisionCounts(["no", "yes", "ask"], [3])).toEqual({
      byClass: [
        { label: "no", rows: 3 },
        { label: "yes", rows: 0 },
      ],
      abstained: { word: "ask", rows: 0 },
    });
  });

  it("are one line, the most frequent class first, with the share of those abstained on", () => {
    expect(describeDecisions(decisionCounts(["a", "b", "ask"], [1_000, 2_000, 1_000]))).toBe(
      "decided: b 2,000, a 1,000; abstained on 1,000 of 4,000 rows (25.0%)",
    );
    expect(describeDecisions(decisionCounts(["a", "b", "ask"], []))).toBe(
      "decided: a 0, b 0; abstained on 0 of 0 rows",
    );
  });

  it("name five classes, and say how many more there are", () => {
    const line = (classes: number) => {
      const names = Array.from({ length: classes }, (_, k) => `c${k}`);
      return describeDecisions(
        decisionCounts(
          [...names, "ask"],
          names.map((_, k) => 10 - k),
        ),
      );
    };
    expect(line(5)).toBe("decided: c0 10, c1 9, c2 8, c3 7, c4 6; abstained on 0 of 40 rows (0.0%)");
    expect(line(7)).toBe(
      "decided: c0 10, c1 9, c2 8, c3 7, c4 6 and 2 more classes; abstained on 0 of 49 rows (0.0%)",
    );
  });
});
