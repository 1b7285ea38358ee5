import { ForeignLabelList, nearestClass } from "@colaml/monitor-worker/rows/foreign-label-list";

describe("the class that a label may mean", () => {
  it.each([
    ["1.0", ["0", "1"], "1"],
    ["0.00", ["0", "1"], "0"],
    ["POSITIVE", ["negative", "positive"], "positive"],
    ["Very Good", ["bad", "very_good"], "very_good"],
    ["１", ["0", "1"], "1"],
    ["2.5", ["2", "25"], undefined],
    ["good", ["bad", "very good"], undefined],
    ["v.0", ["v"], undefined],
    ["-1", ["0", "1"], undefined],
    ["-1.0", ["-1", "0", "1"], "-1"],
    ["very-good", ["bad", "very_good"], "very_good"],
  ])("of %j among %j is %j: equal but for case, spaces or a trailing .0", (label, classes, nearest) => {
    expect(nearestClass(label, classes)).toBe(nearest);
  });
});

it("the list of foreign labels counts all and names five", () => {
  const list = new ForeignLabelList(["0", "1"]);
  for (let i = 0; i < 1_000; i++) list.add(`label ${i % 7}`);
  expect(list.labels.rows).toBe(1_000);
  expect(list.labels.first.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4].map((i) => `label ${i}`));
});
