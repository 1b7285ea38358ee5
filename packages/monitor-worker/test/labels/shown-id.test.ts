import { shownId } from "@colaml/monitor-worker/labels/shown-id";

describe("an id that people are shown", () => {
  it.each(["570306133677760513", "5.70E+17", "ticket-7_a", "e\u0301t\u00e9", "a".repeat(100)])(
    "is shown as it is: %s",
    (id) => {
      expect(shownId(id)).toBe(id);
    },
  );

  it.each([
    ["hello, call me at home", 22],
    ["ana@example.org", 15],
    ["https://example.org/x", 21],
    ["two\tcells", 9],
  ])("is not shown if it is somebody's text or address: %j", (id, length) => {
    expect(shownId(id)).toBe(`(a text of ${length} characters)`);
  });

  it("is cut if it is long", () => {
    expect(shownId("x".repeat(5_000))).toHaveLength(100);
  });
});
