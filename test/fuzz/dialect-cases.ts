import fc from "fast-check";
import { NAMES } from "./table-cases";

/** Of a table's file, with the names that Python and this project give them. */
export const ENCODINGS = {
  "utf-8": { python: "utf-8", ours: "utf-8", bytes: (text: string) => Buffer.from(text) },
  marked: { python: "utf-8-sig", ours: "utf-8", bytes: (text: string) => Buffer.from(`\ufeff${text}`) },
  "utf-16le": {
    python: "utf-16",
    ours: "utf-16le",
    bytes: (text: string) => Buffer.from(`\ufeff${text}`, "utf16le"),
  },
  "utf-16be": {
    python: "utf-16",
    ours: "utf-16be",
    bytes: (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
  },
  latin: { python: "cp1252", ours: "windows-1252", bytes: (text: string) => Buffer.from(text, "latin1") },
} as const;

/** A table as another program exports it, some of whose rows have a cell too few or too many. */
export interface DialectTable {
  rows: string[][];
  delimiter: "," | ";" | "|" | "\t";
  quote: '"' | "'";
  quotesAll: boolean;
  newline: "\n" | "\r\n";
  encoding: keyof typeof ENCODINGS;
  /** How often the longest cell stands after itself. */
  times: number;
  cut: number;
}

const PIECES = [
  ...["a", "b c", "é", " ", ",", ";", "|", "\t", '"', "'", '""', "''", "\\", '\\"', "\n", "\r\n", "\r"],
  ...["\0", "NA", "#", "=1+1", "0123", "1e5", "True", "\u00a0", "sep=;"],
];
const WIDE = ["日", "😀", "\ufeff", "\u2028", "\u0085"];

const cellOf = (pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((parts) => parts.join(""));

export const dialectTables: fc.Arbitrary<DialectTable> = fc
  .constantFrom(...(Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[]))
  .chain((encoding) => {
    const cell = cellOf(encoding === "latin" ? PIECES : [...PIECES, ...WIDE]);
    const row = fc
      .tuple(cell, fc.array(cell, { minLength: 1, maxLength: 4 }))
      // most rows are whole; the first cell keeps one from being blank
      .map(([first, others]) => [`k${first}`, ...(others.length === 4 ? others.slice(0, 3) : others)]);
    const whole = fc.tuple(cell, cell, cell).map(([first, ...others]) => [`k${first}`, ...others]);
    return fc.record({
      rows: fc.array(fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: row }), {
        minLength: 1,
        maxLength: 12,
      }),
      delimiter: fc.constantFrom(",", ";", "|", "\t"),
      quote: fc.constantFrom('"', '"', "'"),
      quotesAll: fc.boolean(),
      newline: fc.constantFrom("\n", "\r\n"),
      encoding: fc.constant(encoding),
      times: fc.constantFrom(1, 1, 1, 1, 30_000),
      cut: fc.integer({ min: 5, max: 90 }),
    });
  });

/** The rows with their long cell as long as it is. */
export function dialectRows({ rows, times }: DialectTable): string[][] {
  if (times === 1) return rows;
  return [...rows.slice(0, -1), rows.at(-1)!.map((cell, i) => (i === 1 ? `x${cell}`.repeat(times) : cell))];
}

/** The file: a quote within quotes is doubled. */
export function dialectBytes(table: DialectTable): Buffer {
  const { delimiter, quote, quotesAll, newline, encoding } = table;
  const needs = (cell: string) => /[\r\n]/.test(cell) || cell.includes(delimiter) || cell.includes(quote);
  const written = (cell: string) =>
    quotesAll || needs(cell) ? `${quote}${cell.replaceAll(quote, quote + quote)}${quote}` : cell;
  const lines = [NAMES, ...dialectRows(table)].map((row) => row.map(written).join(delimiter));
  return ENCODINGS[encoding].bytes(lines.join(newline) + newline);
}
