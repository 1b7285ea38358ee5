import { gzipSync } from "node:zlib";
import { type ByteSource, nextRange } from "@colaml/shared/tables/ranges";
import { openInput } from "@colaml/shared/tables/source";
import { readAll, writeInput } from "./read-all";

const CSV = {
  delimiter: 44,
  newline: 10,
  quote: 34,
  quoteEscape: "double",
  maxRecordBytes: 1_048_576,
} as const;
const HEADER = "id,text,label\n";
const MB = 1_000_000;

async function rangesOf(source: ByteSource, from: number) {
  const ranges = [];
  for (let start = from; ; ) {
    const range = await nextRange(source, start, 100_000, CSV);
    if (range === undefined) return ranges;
    ranges.push(range);
    start = range.end;
  }
}

/** Files whose first record is too long, what it is rejected for, and the lines it has. */
const LONG_RECORDS: [string, string, string, number][] = [
  ["an unclosed quote in a line of 12 MB", `1,"${"a".repeat(12 * MB)}\n`, "broken quoting", 1],
  [
    "an unclosed quote that opens 6 MB on",
    `1,${"a".repeat(6 * MB)},"${"b".repeat(6 * MB)}\n`,
    "broken quoting",
    1,
  ],
  ["many unclosed quotes in one line", `1,${'"a,'.repeat(4 * MB)}\n`, "broken quoting", 1],
  ["quotes only, 12 MB of them, an odd number", `1,${'"'.repeat(12 * MB + 1)}\n`, "broken quoting", 1],
  ["no quote", `1,${"a".repeat(12 * MB)},x\n`, "record too large", 1],
  // a search that runs through the rest for each of them takes hours
  ["quotes inside a field, 3 million of them", `1,${'x"'.repeat(3 * MB)},x\n`, "record too large", 1],
  ["a quote inside a field", `1,a"${"b".repeat(12 * MB)},x\n`, "record too large", 1],
  [
    "sound quotes with lines in them",
    `1,${"x".repeat(9 * MB)},"${"y\n".repeat(200_000)}"\n`,
    "record too large",
    200_001,
  ],
];

describe("a record too long to be held", () => {
  it.each(LONG_RECORDS)("is one rejected record: %s", async (_what, record, reason, lines) => {
    const content = `${HEADER}${record}2,fine,b\n3,"two\nlines",b\n`;
    const path = writeInput("long.csv", content);
    const { texts, lines: startLines, rejected } = await readAll(path, { text: "text", label: "label" });
    expect(texts).toEqual(["fine", "two\nlines"]);
    expect(startLines).toEqual([2 + lines, 3 + lines]);
    expect(rejected.first).toEqual([{ line: 2, reason }]);
    const zipped = writeInput("long.csv.gz", gzipSync(content));
    for (const file of [path, zipped]) {
      const source = await openInput({ path: file, encoding: "utf-8" });
      const ranges = await rangesOf(source, HEADER.length);
      await source.close();
      const end = HEADER.length + record.length;
      expect(ranges).toEqual([
        { start: HEADER.length, end, oversize: { reason, lines } },
        { start: end, end: content.length },
      ]);
    }
  });

  it("costs the short records before it nothing: the range ends where it begins", async () => {
    const short = "1,b,a\n".repeat(160_000);
    const content = `${HEADER}${short}2,${"x".repeat(12 * MB)},a\n3,fine,b\n`;
    const source = await openInput({ path: writeInput("behind.csv", content), encoding: "utf-8" });
    const first = await nextRange(source, HEADER.length, 1 << 20, CSV);
    await source.close();
    expect(first).toEqual({ start: HEADER.length, end: HEADER.length + short.length });
  });

  it("ends with the file if nothing follows it", async () => {
    for (const [_what, record, reason] of LONG_RECORDS) {
      const content = `${HEADER}1,x,a\n${record.trimEnd()}`;
      const { texts, rejected } = await readAll(writeInput("cut.csv", content), { text: "text" });
      expect(texts).toEqual(["x"]);
      expect(rejected.first).toEqual([{ line: 3, reason }]);
    }
  });
});
