import { otherClasses } from "../../src/champion/other-classes";

const intents = (first: number, last: number) =>
  Array.from({ length: last - first }, (_, i) => `intent_${first + i}`);

describe("why two models cannot be compared by their classes", () => {
  it("names the classes that only one of them has", () => {
    expect(otherClasses(["False", "True"], ["no", "yes"])).toBe(
      "the classes differ: False, True only in the champion; no, yes only in the challenger",
    );
    expect(otherClasses(["a", "b"], ["a", "b", "c"])).toBe("the classes differ: c only in the challenger");
    expect(otherClasses(["a", "b"], ["a", "b"])).toBeUndefined();
    expect(otherClasses(["a", "b"], ["b", "a"])).toBe("the classes have another order");
  });

  it("stays short with many classes, and still shows the one that is new", () => {
    expect(otherClasses(intents(0, 77), intents(0, 78))).toBe(
      "the classes differ: intent_77 only in the challenger",
    );
    expect(otherClasses(["False", "True"], intents(0, 77))).toMatch(
      /^the classes differ: False, True only in the champion; intent_0, .*, intent_19, and 57 more only in the challenger$/,
    );
  });
});
