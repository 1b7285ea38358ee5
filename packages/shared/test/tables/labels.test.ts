import { classesOf, compareCodePoints, normaliseLabel } from "@colaml/shared/tables/labels";

describe("labels", () => {
  it.each([
    ["TRUE", "True"],
    [" false\t", "False"],
    ["tRuE", "True"],
    [" spam ", "spam"],
    ["truest", "truest"],
    ["1", "1"],
    ["constructor", "constructor"],
    ["  ", undefined],
    ["", undefined],
  ])("%j is spelled %j", (raw, label) => {
    expect(normaliseLabel(raw)).toBe(label);
  });

  it("become classes in ascending order of code points", () => {
    expect(classesOf(["True", "False", "True"])).toEqual(["False", "True"]);
    // Python: sorted(["\U0001F600", "\uFF5A", "é", "z", "__proto__"])
    expect(classesOf(["😀", "ｚ", "é", "z", "__proto__"])).toEqual(["__proto__", "z", "é", "ｚ", "😀"]);
    expect(compareCodePoints("a", "ab")).toBeLessThan(0);
    expect(compareCodePoints("ab", "ab")).toBe(0);
  });
});
