import { isMissing, isMissingBytes } from "@colaml/shared/tables/missing-values";

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
