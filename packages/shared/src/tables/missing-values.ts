/**
 * What pandas reads as missing by default (`pandas.read_csv`, `na_values`), compared as written: no case is folded
 * and no space is cut.
 */
export const PANDAS_MISSING: readonly string[] = [
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

/** Which texts and labels count as missing: pandas' list, or only blank ones. Ids and copied cells never do. */
export type MissingValues = "pandas" | "empty";

const PANDAS = new Set(PANDAS_MISSING);
const LONGEST = Math.max(...PANDAS_MISSING.map((value) => value.length));
/** First bytes of the listed values; all of them are ASCII. */
const FIRST = new Uint8Array(256);
for (const value of PANDAS_MISSING) if (value !== "") FIRST[value.charCodeAt(0)] = 1;

/** Bytes that a value must not exceed to be on the list: for faster readers. */
export const MISSING_BOUNDS = { bytes: LONGEST } as const;

/** Whether a field stands for nothing. */
export function isMissing(text: string, rule: MissingValues): boolean {
  if (text.length <= LONGEST && rule === "pandas" && PANDAS.has(text)) return true;
  return text.trim() === "";
}

const SPACES = new Uint8Array(256);
for (const space of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]) SPACES[space] = 1;

/** Whether a span of UTF-8 bytes stands for nothing: as `isMissing`, without a string for most. */
export function isMissingBytes(bytes: Buffer, start: number, end: number, rule: MissingValues): boolean {
  const first = bytes[start]!;
  if (rule === "pandas" && end - start <= LONGEST && FIRST[first] === 1 && start < end) {
    return PANDAS.has(bytes.toString("latin1", start, end));
  }
  let p = start;
  while (p < end && SPACES[bytes[p]!] === 1) p++;
  if (p === end) return true;
  return bytes[p]! >= 0x80 && bytes.toString("utf8", p, end).trim() === "";
}
