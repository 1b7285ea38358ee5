import { labelKey } from "@colaml/shared/tables/similar-labels";
import { type LabelSettings, NO_CLASS, planClasses } from "@colaml/trainer-worker/training/data/plan-classes";

const where = { column: "kind", path: "messages.csv" };
/** Rows with these labels, `[label, rows]`, one label after the other. */
function plan(labels: [string, number][], settings: Partial<LabelSettings> = {}) {
  const codes = Uint16Array.from(labels.flatMap(([, rows], code) => new Array<number>(rows).fill(code)));
  const names = labels.map(([label]) => label);
  return planClasses(codes, names, { similar_labels: "join", ...settings }, where);
}

describe("labels that are alike", () => {
  it("count as the larger class, and are counted by their spelling", () => {
    const planned = plan([
      ["ham", 4_827],
      ["spam", 746],
      ["Spam", 1],
    ]);
    expect(planned.classes).toEqual(["ham", "spam"]);
    expect(planned.joinedLabels).toEqual([{ label: "Spam", into: "spam", rows: 1 }]);
    expect(planned.smallClasses).toEqual([]);
    expect(planned.classOf.at(-1)).toBe(1);
  });

  it.each([
    ["1.0", "1"],
    ["SPAM", "spam"],
    ["Très Bien", "TRÈS BIEN"],
    ["-2.00", "-2"],
    [" a ", "a"],
  ])("are %j and %j", (a, b) => {
    expect(labelKey(a)).toBe(labelKey(b));
  });

  it.each([
    ["1.5", "1"],
    ["spam", "span"],
    ["v1.0", "v1"],
    ["10", "1.0"],
  ])("are not %j and %j", (a, b) => {
    expect(labelKey(a)).not.toBe(labelKey(b));
  });

  it("make one class of several spellings; of equals the first by code point names it", () => {
    const planned = plan([
      ["no", 50],
      ["yes", 20],
      ["Yes", 20],
      ["YES", 5],
    ]);
    expect(planned.classes).toEqual(["Yes", "no"]);
    expect(planned.joinedLabels).toEqual([
      { label: "yes", into: "Yes", rows: 20 },
      { label: "YES", into: "Yes", rows: 5 },
    ]);
    expect(planned.classOf.filter((index) => index === 0)).toHaveLength(45);
  });

  it("are refused or kept apart if the settings say so", () => {
    const labels: [string, number][] = [
      ["ham", 100],
      ["spam", 100],
      ["Spam", 20],
    ];
    expect(() => plan(labels, { similar_labels: "refuse" })).toThrow(
      /column "kind" of messages.csv holds labels that are equal but for case, space or a final \.0: "Spam" and "spam"; --similar-labels join/,
    );
    expect(plan(labels, { similar_labels: "keep" }).classes).toEqual(["Spam", "ham", "spam"]);
  });
});

describe("a class of few rows", () => {
  it("is left out below ten rows, and its rows are of no class", () => {
    const planned = plan([
      ["a", 600],
      ["b", 500],
      ["c", 9],
      ["d", 10],
    ]);
    expect(planned.classes).toEqual(["a", "b", "d"]);
    expect(planned.smallClasses).toEqual([{ label: "c", rows: 9 }]);
    expect(planned.classOf.filter((index) => index === NO_CLASS)).toHaveLength(9);
    expect(planned.classOf.at(-1)).toBe(2);
  });

  it("may be as small as 1% of a small file", () => {
    expect(
      plan([
        ["a", 60],
        ["b", 38],
        ["c", 1],
      ]).classes,
    ).toEqual(["a", "b", "c"]);
    expect(
      plan([
        ["a", 260],
        ["b", 138],
        ["c", 3],
        ["d", 5],
      ]).classes,
    ).toEqual(["a", "b", "d"]);
  });

  it("is judged after similar labels are joined", () => {
    const planned = plan([
      ["a", 900],
      ["b", 600],
      ["C", 7],
      ["c", 6],
    ]);
    expect([planned.classes, planned.smallClasses]).toEqual([["C", "a", "b"], []]);
  });

  it("is kept if 1 is the least, and dropped below any number that is given", () => {
    const labels: [string, number][] = [
      ["a", 900],
      ["b", 600],
      ["c", 1],
    ];
    expect(plan(labels, { min_class_rows: 1 }).classes).toEqual(["a", "b", "c"]);
    expect(() => plan(labels, { min_class_rows: 700 })).toThrow(
      /holds one label only \("a"\) besides 2 of fewer than 700 rows each, which are left out \(--min-class-rows 1 keeps them\)/,
    );
  });
});
