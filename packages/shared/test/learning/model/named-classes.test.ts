import { namedClasses } from "@colaml/shared/learning/model/named-classes";

const intents = (count: number) => Array.from({ length: count }, (_, i) => `intent_${i}`);

it("names classes up to twenty, and of more says how many are left", () => {
  expect(namedClasses(["False", "True"])).toBe("False, True");
  expect(namedClasses(intents(20))).toBe(intents(20).join(", "));
  expect(namedClasses(intents(77))).toBe(`${intents(20).join(", ")}, and 57 more`);
});
