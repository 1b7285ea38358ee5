import fc from "fast-check";

/** The text of a table after its header, and how it is read. */
export interface TableCase {
  format: "csv" | "tsv" | "ndjson";
  /** Replaces the header `c1,c2,c3`; absent in most cases. */
  header?: string;
  /** A character per byte. */
  bytes: string;
  quoteEscape: "double" | "backslash";
  /** Longer records are rejected; 0: the limit of every file. */
  maxRecordBytes: number;
  /** Bytes of the ranges that the file is cut into. */
  cut: number;
}

/** Columns of every table here. */
export const NAMES = ["c1", "c2", "c3"];
export const DELIMITERS = { csv: ",", tsv: "\t", ndjson: "" } as const;

export const latin1 = (text: string) => Buffer.from(text).toString("latin1");

const WORDS = [
  "a",
  "b c",
  "é",
  "日",
  "😀",
  "'",
  ";",
  "NA",
  "nan",
  "null",
  " ",
  "None",
  "\\",
  "{",
  "#",
  "sep=;",
  "\u0000",
];
const HOSTILE = [
  '"',
  '""',
  '"""',
  "\n",
  "\r\n",
  "\r",
  "\n\n",
  '\\"',
  '"\n',
  '"\r\n',
  'x"y',
  '" ',
  "\\",
  "\ufeff",
  "\u2028",
];

/** Bytes of a few pieces, some of which are not UTF-8. */
const rawBytes = fc.constantFrom("\x80", "\xff", "\xc3", "\xed\xa0\x80", "\xf0\x9f", "\xe2\x82").map(String);

function delimited(delimiter: string): fc.Arbitrary<string> {
  const word = fc.constantFrom(...WORDS).map(latin1);
  const content = fc.array(fc.oneof(word, fc.constantFrom(delimiter, "\n", "\r\n", '""', "\\", '\\"')), {
    maxLength: 4,
  });
  const quoted = content.map((parts) => `"${parts.join("")}"`);
  const cell = fc.oneof(word, quoted, fc.constant(""));
  const row = fc
    .tuple(fc.array(cell, { minLength: 3, maxLength: 3 }), fc.constantFrom("\n", "\n", "\r\n"))
    .map(([cells, end]) => cells.join(delimiter) + end);
  const hostile = fc.constantFrom(delimiter, delimiter, `"${delimiter}"`, ...HOSTILE).map(latin1);
  const piece = fc.oneof(
    { weight: 5, arbitrary: row },
    { weight: 3, arbitrary: hostile },
    { weight: 2, arbitrary: cell },
    { weight: 1, arbitrary: rawBytes },
  );
  return fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
}

const space = fc.constantFrom("", "", "", " ", "\t", "  ", "\r");
const string = fc
  .array(
    fc.oneof(fc.constantFrom(...WORDS, '"', "\n", "\\", ",", "}", "\ud800"), fc.string({ maxLength: 3 })),
    { maxLength: 4 },
  )
  .map((parts) => JSON.stringify(parts.join("")));
const escapes = fc.constantFrom(
  '"\\u00e9"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\/"',
  '"\\u0000"',
  '"\\x"',
  '"\t"',
);
const number = fc.constantFrom(
  "0",
  "-0",
  "1.0",
  "1e3",
  "1E+2",
  "850006245121695744",
  "01",
  ".5",
  "NaN",
  "-",
  "1e999",
);

const { json } = fc.letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    string,
    escapes,
    number,
    fc.constantFrom("true", "false", "null"),
    tie("list"),
    tie("object"),
  ),
  list: fc
    .tuple(space, fc.array(tie("json"), { maxLength: 3 }))
    .map(([gap, items]) => `[${items.join(`${gap},${gap}`)}${gap}]`),
  object: members(fc.constantFrom("a", "b"), tie("json"), 3),
}));

function members(
  names: fc.Arbitrary<string>,
  values: fc.Arbitrary<string>,
  maxLength: number,
): fc.Arbitrary<string> {
  const member = fc
    .tuple(names, values, space)
    .map(([name, value, gap]) => `${gap}"${name}"${gap}:${gap}${value}`);
  return fc
    .tuple(space, fc.array(member, { maxLength }))
    .map(([gap, all]) => `{${all.join(`${gap},`)}${gap}}`);
}

const columnNames = fc.constantFrom(...NAMES, ...NAMES, "__proto__", "c\\u0031", "x", "\\\\");

function jsonLines(): fc.Arbitrary<string> {
  const object = members(columnNames, json, 5);
  const end = fc.constantFrom("\n", "\n", "\r\n", "\n\n", " \n");
  const odd = fc.oneof(
    json,
    fc.constantFrom("", " ", "{", "}", "{}", "[]", '{"c2":"a"}{"c2":"b"}', "\ufeff{}", "\r"),
  );
  const line = fc
    .tuple(fc.oneof({ weight: 5, arbitrary: object }, { weight: 1, arbitrary: odd }), end)
    .map(([content, ends]) => latin1(content + ends));
  return fc
    .array(fc.oneof({ weight: 8, arbitrary: line }, { weight: 1, arbitrary: rawBytes }), { maxLength: 12 })
    .map((lines) => lines.join(""));
}

/** Changes of single bytes: at a place (as a share of the length), taken out, put in, or turned over. */
const changes = fc.array(
  fc.record({
    at: fc.nat(999),
    what: fc.constantFrom("out", "in", "flip"),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(10, 13, 34, 44, 92)),
  }),
  { maxLength: 3 },
);

function changed(text: string, list: readonly { at: number; what: string; byte: number }[]): string {
  let bytes = text;
  for (const { at, what, byte } of list) {
    const place = Math.floor((at / 1000) * bytes.length);
    const char = String.fromCharCode(what === "flip" ? bytes.charCodeAt(place) ^ (1 << (byte & 7)) : byte);
    const [before, after] = [bytes.slice(0, place), bytes.slice(what === "in" ? place : place + 1)];
    bytes = before + (what === "out" ? "" : char) + after;
  }
  return bytes;
}

const contentOf = { csv: delimited(","), tsv: delimited("\t"), ndjson: jsonLines() };

/** Any bytes that look like a table. */
export const tableCases: fc.Arbitrary<TableCase> = fc
  .constantFrom("csv" as const, "csv" as const, "tsv" as const, "ndjson" as const)
  .chain((format) =>
    fc.record(
      {
        format: fc.constant(format),
        header: fc
          .tuple(fc.constant(NAMES.join(DELIMITERS[format])), changes)
          .map(([text, list]) => `${changed(text, list)}\n`),
        bytes: fc
          .tuple(
            contentOf[format],
            fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: changes }),
          )
          .map(([text, list]) => changed(text, list)),
        quoteEscape: fc.constantFrom("double" as const, "double" as const, "backslash" as const),
        maxRecordBytes: fc.constantFrom(0, 0, 0, 12, 30, 64),
        cut: fc.integer({ min: 1, max: 90 }),
      },
      { requiredKeys: ["format", "bytes", "quoteEscape", "maxRecordBytes", "cut"] },
    ),
  )
  // most headers are sound
  .map(({ header, ...rest }) => (header !== undefined && rest.cut % 8 === 0 ? { ...rest, header } : rest));

/** A table as somebody writes it: its cells, and how they are quoted. */
export interface WrittenTable {
  format: "csv" | "tsv";
  rows: string[][];
  newline: "\n" | "\r\n";
  quotesAll: boolean;
  endsWithNewline: boolean;
  cut: number;
}

const writtenCell = fc
  .array(
    fc.constantFrom(
      ...WORDS.filter((word) => word !== "\u0000"),
      '"',
      ",",
      "\t",
      "\n",
      "\r\n",
      "\r",
      "-nan",
      "<NA>",
      "N/A",
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(""));

export const writtenTables: fc.Arbitrary<WrittenTable> = fc.record({
  format: fc.constantFrom("csv", "tsv"),
  // the first cell keeps a row from being blank
  rows: fc.array(
    fc.tuple(writtenCell, writtenCell, writtenCell).map(([a, b, c]) => [`k${a}`, b, c]),
    { minLength: 1, maxLength: 20 },
  ),
  newline: fc.constantFrom("\n", "\r\n"),
  quotesAll: fc.boolean(),
  endsWithNewline: fc.boolean(),
  cut: fc.integer({ min: 1, max: 90 }),
});

/** The table as a file, quoted as RFC 4180 says. */
export function writtenText({ format, rows, newline, quotesAll, endsWithNewline }: WrittenTable): string {
  const delimiter = DELIMITERS[format];
  const needsQuotes = new RegExp(`["\r\n${delimiter}]`);
  const cell = (value: string) =>
    quotesAll || needsQuotes.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = [NAMES, ...rows].map((row) => row.map(cell).join(delimiter));
  return lines.join(newline) + (endsWithNewline ? newline : "");
}
