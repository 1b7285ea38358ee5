import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const docs = resolve(__dirname, "../../docs");
const rows = readFileSync(join(docs, "faults.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

/** Titles as they stand in the file of a test, with `%s` for what varies. */
function isTitleIn(file: string, title: string): boolean {
  const text = readFileSync(join(docs, file), "utf8");
  return [`"${title}`, `\`${title}`, `} ${title} (seed`].some((spelt) => text.includes(spelt));
}

describe("the table of faults", () => {
  it("has a row for each fault, numbered in order, and for no fewer than the 38 that it began with", () => {
    expect(rows.length).toBeGreaterThanOrEqual(38);
    expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_, i) => i + 1));
  });

  it.each(rows)("%s names tests that exist: %s", (_number, _fault, _outcome, tests) => {
    const named = tests!.split("<br>").map((test) => /^\[[^\]]+\]\(([^)]+)\): (.+)$/.exec(test));
    expect(named).not.toContain(null);
    const missing = named.filter((match) => !isTitleIn(match![1]!, match![2]!));
    expect(missing.map((match) => match![0])).toEqual([]);
  });
});
