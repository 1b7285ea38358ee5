import { damageHint } from "@colaml/monitor-worker/labels/damaged-ids";

describe("ids that a spreadsheet shortened", () => {
  it.each([["5.70E+17"], ["5,70E+17"], ["5.70306E+17"], ["1E+10"], ["570306133677760000"]])(
    "such as %s are known by their form",
    (id) => {
      expect(damageHint([id])).toMatch(/spreadsheet shortened: export the id column as text/);
    },
  );

  it.each([["570306133677760513"], ["t5.70E+17"], ["1E5"], ["order-100"], ["100"], ["B0E+1"]])(
    "such as %s are not suspected",
    (id) => {
      expect(damageHint([id])).toBeUndefined();
    },
  );

  it("are not suspected by one whole id of many that ends in zeros by chance", () => {
    expect(damageHint(["570306133677760000", "570306133677760513", "570306133677760514"])).toBeUndefined();
    expect(damageHint([])).toBeUndefined();
  });
});
