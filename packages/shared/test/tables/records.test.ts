import { readFileSync } from "node:fs";
import { columnIndex } from "@colaml/shared/tables/column-names";
import type { Dialect } from "@colaml/shared/tables/dialect";
import { fieldText, readHeader } from "@colaml/shared/tables/header";
import { nextRange } from "@colaml/shared/tables/ranges";
import { RecordScanner } from "@colaml/shared/tables/record-scanner";
import { parse } from "csv-parse/sync";
import { itWithRealData, realDataPath } from "../real-data";
import { type PlainRecord, parsePlainly } from "./reference-parser";

const CSV: Dialect = {
  delimiter: 44,
  newline: 10,
  quote: 34,
  quoteEscape: "double",
  maxRecordBytes: 1_048_576,
};
const request = (format: "csv" | "tsv") =>
  ({ path: `f.${format}`, format, quote: 34, quoteEscape: "double" }) as const;

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** Files made of the bytes that hurt: few other ones between them. */
function hostileText(next: () => number, length: number): string {
  const pieces = [
    '"',
    '"',
    '""',
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "a",
    "b c",
    "é",
    "🤥",
    "\0",
    "\uFEFF",
    '",',
    '\n"',
    ',"',
  ];
  let text = "";
  for (let i = 0; i < length; i++) text += pieces[Math.floor(next() * pieces.length)];
  return text;
}

/** Quotes that are all closed, so that any CSV reader agrees. */
function tidyText(next: () => number, rows: number): string {
  const cell = () => {
    const raw = hostileText(next, Math.floor(next() * 5))
      .replaceAll("\r", "")
      .replaceAll("\uFEFF", "");
    return /[",\n]/.test(raw) || next() < 0.2 ? `"${raw.replaceAll('"', '""')}"` : raw;
  };
  let text = "";
  for (let i = 0; i < rows; i++) text += `x,${cell()},${cell()}${next() < 0.3 ? "\r\n" : "\n"}`;
  return text;
}

function scan(bytes: Buffer, firstLine = 0): PlainRecord[] {
  const scanner = new RecordScanner(CSV, 64);
  scanner.open(bytes);
  const records: PlainRecord[] = [];
  for (let status = scanner.next(); status !== "end"; status = scanner.next()) {
    const fields: string[] = [];
    if (status === "record")
      for (let f = 0; f < scanner.fieldCount; f++) fields.push(fieldText(bytes, scanner, f));
    records.push({ status, line: firstLine + scanner.line, fields });
  }
  return records;
}

async function rangesOf(bytes: Buffer, chunkBytes: number): Promise<Buffer[]> {
  const source = { read: async (offset: number, length: number) => bytes.subarray(offset, offset + length) };
  const ranges: Buffer[] = [];
  let start = 0;
  for (;;) {
    const range = await nextRange(source, start, chunkBytes, CSV);
    if (range === undefined) return ranges;
    ranges.push(bytes.subarray(range.start, range.end));
    start = range.end;
  }
}

function lines(bytes: Buffer): number {
  return bytes.toString("latin1").split("\n").length - 1;
}

describe("records of hostile files", () => {
  it.each([1, 2, 3, 4])("are what a plain reading of the rules gives (seed %i)", (seed) => {
    const next = random(seed);
    for (let round = 0; round < 3_000; round++) {
      const text = hostileText(next, 1 + Math.floor(next() * 25));
      const cut = (record: PlainRecord) => ({ ...record, fields: record.fields.slice(0, 64) });
      expect({ text, records: scan(Buffer.from(text)) }).toEqual({
        text,
        records: parsePlainly(text).map(cut),
      });
    }
  });

  it.each([5, 6])("do not depend on where the file is cut into ranges (seed %i)", async (seed) => {
    const next = random(seed);
    for (let round = 0; round < 1_000; round++) {
      const bytes = Buffer.from(hostileText(next, 60));
      const whole = scan(bytes);
      for (const chunkBytes of [1, 7, 20]) {
        let line = 0;
        const parts: PlainRecord[] = [];
        for (const range of await rangesOf(bytes, chunkBytes)) {
          parts.push(...scan(range, line));
          line += lines(range);
        }
        expect({ text: bytes.toString(), chunkBytes, parts }).toEqual({
          text: bytes.toString(),
          chunkBytes,
          parts: whole,
        });
      }
    }
  });

  it("agree with csv-parse wherever the quotes are sound", () => {
    const next = random(7);
    for (let round = 0; round < 500; round++) {
      const text = tidyText(next, 8);
      const expected = parse(text, {
        relax_column_count: true,
        record_delimiter: ["\r\n", "\n"],
      }) as string[][];
      expect(scan(Buffer.from(text)).map((record) => record.fields)).toEqual(expected);
    }
  });
});

describe("one broken row", () => {
  it("costs only itself, and the lines after it keep their numbers", () => {
    const text = 'a,"never closed\n1,"fine"\n2,"broken"x\n3,"two\nlines"\n4,z\n';
    expect(scan(Buffer.from(text)).map(({ status, line, fields }) => [status, line, fields[0]])).toEqual([
      ["broken-quote", 0, undefined],
      ["record", 1, "1"],
      ["broken-quote", 2, undefined],
      ["record", 3, "3"],
      ["record", 5, "4"],
    ]);
  });

  it("of more than 1 MiB is the only one passed over, though ranges hold only a part of it", async () => {
    const long = `2,${"x".repeat(9_000_000)},"${"y\n".repeat(200_000)}",end`;
    const bytes = Buffer.from(`1,a\n${long}\n3,"b\nc"\n`);
    const source = {
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
    const first = await nextRange(source, 0, 100_000, CSV);
    const second = await nextRange(source, first!.end, 100_000, CSV);
    const third = await nextRange(source, second!.end, 100_000, CSV);
    expect(first).toEqual({ start: 0, end: 4 });
    expect(second).toEqual({
      start: 4,
      end: 4 + long.length + 1,
      oversize: { reason: "record too large", lines: 200_001 },
    });
    expect(bytes.toString("utf8", third!.start, third!.end)).toBe('3,"b\nc"\n');
    expect(scan(bytes).map((record) => record.status)).toEqual(["record", "too-long", "record"]);
  });
});

describe("a header", () => {
  it("is read behind a BOM, with CRLF, quotes and CR-only line ends", () => {
    const header = readHeader(Buffer.from('\uFEFF"a ""b""",c\r\n1,2\r\n'), request("csv"));
    expect(header).toMatchObject({ columns: ['a "b"', "c"], dataStart: 3 + 13, lines: 1 });
    expect(readHeader(Buffer.from("a,b\r1,2\r"), request("csv"))).toMatchObject({
      columns: ["a", "b"],
      dialect: { newline: 13 },
    });
    expect(readHeader(Buffer.from("a\tb\n"), request("tsv")).columns).toEqual(["a", "b"]);
  });

  it.each([
    ["", "INPUT_EMPTY"],
    ["\n\n", "INPUT_EMPTY"],
    ['"a,b\n1,2\n', "INPUT_UNREADABLE"],
    ["\xff\xfea\0", "INPUT_UNREADABLE"],
  ])("that cannot be one is refused: %j", (text, code) => {
    expect(() => readHeader(Buffer.from(text, "latin1"), request("csv"))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("says which columns there are when one is missing or there twice", () => {
    expect(() => columnIndex(["a", "b"], "text", "f.csv")).toThrow(
      'f.csv has no column "text"; it has: "a", "b"',
    );
    expect(() => columnIndex(["a", "a"], "a", "f.csv")).toThrow('f.csv has more than one column "a"');
  });
});

const real = realDataPath === undefined ? undefined : readFileSync(realDataPath);

itWithRealData("the real tweets read as csv-parse reads them", () => {
  const records = scan(real!);
  expect(records.every((record) => record.status === "record")).toBe(true);
  expect(records.map((record) => record.fields)).toEqual(parse(real!, { relax_column_count: true }));
});
