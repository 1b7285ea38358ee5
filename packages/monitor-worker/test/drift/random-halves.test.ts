import { compareWithReference } from "@colaml/monitor-worker/drift/drift-result";
import { profileOf, windowOf, writeRows } from "./invented-rows";

it("random halves of the same data differ at about the false alarm rate", () => {
  // With a rate of 10%, 80 checks warn 8 times on average if the five statistics' parts add up; at most that.
  let warnings = 0;
  for (let trial = 0; trial < 80; trial++) {
    const rows = writeRows(1_000, 0.55, 1_000 + trial);
    const found = compareWithReference(profileOf(rows.slice(0, 500)), windowOf(rows.slice(500)), 0.1);
    if (found.level !== "none") warnings++;
  }
  // Binomial(80, 0.1) exceeds 17 with a chance of 0.1%; a test that never warns would be none.
  expect(warnings).toBeLessThanOrEqual(17);
  expect(warnings).toBeGreaterThanOrEqual(1);
});
