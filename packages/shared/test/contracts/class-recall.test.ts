import { parseClassRecall } from "@colaml/shared/contracts/class-recall";

describe("the least recalls of single classes", () => {
  it("are pairs by comma; a class may hold an equals sign, and an empty one is not a setting", () => {
    expect(parseClassRecall("spam=0.9, a=b = 0.5")).toEqual({ spam: 0.9, "a=b": 0.5 });
    expect(parseClassRecall("  ")).toBeUndefined();
  });

  it.each(["spam", "=0.5", "spam=", "spam=1.5", "spam=high", "spam=0.5,"])(
    "are refused with what is allowed: %j",
    (setting) => {
      expect(() => parseClassRecall(setting)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          message: expect.stringMatching(/--class-recall.*allowed is CLASS=LEAST/),
        }),
      );
    },
  );
});
