import { isMissing, isMissingBytes } from "@colaml/shared/tables/missing-values";
import { describeRejected } from "@colaml/shared/tables/rejected-rows";
import { readAll, writeInput } from "./read-all";

/** `pandas._libs.parsers.STR_NA_VALUES` of pandas 2. */
const PANDAS = [
  "",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "-nan",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
  "n/a",
  "nan",
  "null",
];
const WORDS = [
  "na",
  "Na",
  "nil",
  "none",
  "Null",
  "NAN",
  "-",
  "0",
  "nano",
  " nan",
  "N/A ",
  "né",
  "None of it",
];

describe.each(["pandas", "empty"] as const)("missing values (%s)", (rule) => {
  it.each(PANDAS)("are what pandas reads as missing: %j", (value) => {
    const expected = rule === "pandas" || value === "";
    expect(isMissing(value, rule)).toBe(expected);
    const bytes = Buffer.from(`x${value}y`);
    expect(isMissingBytes(bytes, 1, bytes.length - 1, rule)).toBe(expected);
  });

  it.each(WORDS)("are not words that look alike: %j", (value) => {
    expect(isMissing(value, rule)).toBe(false);
    const bytes = Buffer.from(`x${value}y`);
    expect(isMissingBytes(bytes, 1, bytes.length - 1, rule)).toBe(false);
  });

  it("are blank texts, whatever the blanks", () => {
    for (const value of [" ", "\t\r\n", "\u00a0\u2003", "\u3000"]) {
      expect(isMissing(value, rule)).toBe(true);
      const bytes = Buffer.from(`x${value}y`);
      expect(isMissingBytes(bytes, 1, bytes.length - 1, rule)).toBe(true);
    }
  });
});

describe("a label that is on pandas' list of missing values", () => {
  const columns = { text: "text", label: "label" };
  const rows = [
    ["a", "Joy"],
    ["b", "None"],
    ["c", ""],
    ["d", "None"],
    ["e", "NULL"],
  ] as const;
  const csv = `text,label\n${rows.map((row) => `${row.join(",")}\n`).join("")}`;
  const ndjson = rows.map(([text, label]) => `${JSON.stringify({ text, label })}\n`).join("");

  it.each([
    ["words.csv", csv, 3],
    ["words.ndjson", ndjson, 2],
  ])("is named with the option that reads it as a label: %s", async (name, content, line) => {
    const { labels, rejected } = await readAll(writeInput(name, content), columns);
    expect(labels).toEqual(["Joy"]);
    expect(describeRejected(rejected)).toEqual([
      `4 rows left out: no label (first at line ${line})`,
      '"None", "NULL" in the label column stands for no label, as in pandas: --missing-values empty reads it as a label',
    ]);
  });

  it("is a label with that option, and blank ones are named by nothing", async () => {
    const path = writeInput("words.csv", csv);
    const { labels, rejected } = await readAll({ path, missingValues: "empty" }, columns);
    expect(labels).toEqual(["Joy", "None", "None", "NULL"]);
    expect(describeRejected(rejected)).toEqual(["1 rows left out: no label (first at line 4)"]);
  });
});
