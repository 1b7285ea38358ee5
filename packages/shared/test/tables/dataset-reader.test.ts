import { appendFileSync } from "node:fs";
import * as zlib from "node:zlib";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { readAll, readError, writeInput } from "./read-all";

const columns = { text: "text", label: "label" };
const HEADER = "id,text,label\n";

async function readCsv(content: string | Uint8Array, name = "input.csv") {
  const { texts, labels, lines, rejected } = await readAll(writeInput(name, content), columns);
  return { texts, labels, lines, rejected: rejected.first };
}

describe("readDataset", () => {
  it("reads quoted, multi-line and escaped fields, and names the line each record starts on", async () => {
    const content = `${HEADER}1,"a ""b"", c",True\n2,"two\nlines",FALSE\n3,plain, tRuE \n`;
    expect(await readCsv(content)).toEqual({
      texts: ['a "b", c', "two\nlines", "plain"],
      labels: ["True", "False", "True"],
      lines: [2, 3, 5],
      rejected: [],
    });
  });

  it.each([
    ["a byte order mark", `\ufeff${HEADER}1,x,a\n`, ["x"]],
    ["CR LF", 'id,text,label\r\n1,x,a\r\n2,"y",b\r\n', ["x", "y"]],
    ["CR LF and LF mixed", "id,text,label\r\n1,x,a\n2,y,b\r\n", ["x", "y"]],
    ["CR only", "id,text,label\r1,x,a\r2,y,b", ["x", "y"]],
    ["no newline at the end", `${HEADER}1,x,a`, ["x"]],
    ["blank lines", `\n${HEADER}\n1,x,a\n\r\n\n2,y,b\n\n`, ["x", "y"]],
    [
      "quotes inside a field that does not begin with one",
      `${HEADER}1,say "hi" or 5",a\n`,
      ['say "hi" or 5"'],
    ],
    ["a carriage return inside a field", `${HEADER}1,x\ry,a\n`, ["x\ry"]],
    ["an unnamed first column", ",text,label\n0,x,a\n", ["x"]],
    ["a quoted header", '"id","text","label"\n1,x,a\n', ["x"]],
    ["an emoji and an accent", `${HEADER}1,😀 é,a\n`, ["😀 é"]],
    ["the words of an object's prototype", `${HEADER}1,__proto__,constructor\n`, ["__proto__"]],
  ])("reads a file with %s", async (_what, content, texts) => {
    const read = await readCsv(content);
    expect(read.texts).toEqual(texts);
    expect(read.rejected).toEqual([]);
  });

  it("leaves out bad records, counts them by reason and names their lines", async () => {
    const content = [
      HEADER.trim(),
      "1,,a", // line 2
      "2,x,",
      "3,x",
      "4,x,a,extra",
      '5,"say" "hi",a', // 6
      '6,"closed" too early,a',
      "7,  \t,a",
      '8,"fine,\nreally",a', // 9 and 10
      "9,last,b",
    ].join("\n");
    const { texts, lines, rejected } = await readAll(writeInput("bad.csv", content), columns);
    expect(texts).toEqual(["fine,\nreally", "last"]);
    expect(lines).toEqual([9, 11]);
    expect(rejected.first).toEqual([
      { line: 2, reason: "no text" },
      { line: 3, reason: "no label" },
      { line: 4, reason: "wrong number of fields" },
      { line: 5, reason: "wrong number of fields" },
      { line: 6, reason: "broken quoting" },
      { line: 7, reason: "broken quoting" },
      { line: 8, reason: "no text" },
    ]);
    expect(rejected.count).toBe(7);
    expect(rejected.byReason).toEqual({
      "no text": 2,
      "no label": 1,
      "wrong number of fields": 2,
      "broken quoting": 2,
    });
  });

  it("loses one line to an unclosed quote, not the rest of the file", async () => {
    const read = await readCsv(`${HEADER}1,"never closed,a\n2,x,a\n3,y,b\n`);
    expect(read).toMatchObject({
      texts: ["x", "y"],
      lines: [3, 4],
      rejected: [{ line: 2, reason: "broken quoting" }],
    });
    const late = await readCsv(`${HEADER}1,"never closed,a\n2,"x",a\n3,y,b\n`);
    expect(late).toMatchObject({
      texts: ["x", "y"],
      lines: [3, 4],
      rejected: [{ line: 2, reason: "broken quoting" }],
    });
  });

  it("drops a line beyond the size limit as it comes, and resumes after it", async () => {
    const huge = `2,${"x".repeat(5 << 20)},a`;
    const read = await readCsv(`${HEADER}1,x,a\n${huge}\n3,y,b\n"${huge}\n4,z,b\n`);
    expect(read).toMatchObject({
      texts: ["x", "y", "z"],
      lines: [2, 4, 6],
      rejected: [
        { line: 3, reason: "record too large" },
        { line: 5, reason: "broken quoting" },
      ],
    });
  });

  it.each([63, 64, 65])("keeps to a limit of 64 bytes at a line of %i bytes", async (bytes) => {
    const line = `1,${"x".repeat(bytes - 4)},a`;
    const { texts, rejected } = await readAll(writeInput("limit.csv", `${HEADER}${line}\n2,y,b\n`), columns, {
      maxRecordBytes: 64,
      rangeBytes: 16,
    });
    expect(texts.length).toBe(bytes > 64 ? 1 : 2);
    expect(rejected.first).toEqual(bytes > 64 ? [{ line: 2, reason: "record too large" }] : []);
  });

  it("puts U+FFFD for bytes that are not UTF-8 and counts the rows", async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}1,a`),
      Buffer.from([0xff]),
      Buffer.from("b,x\n2,fine,y\n"),
    ]);
    const read = await readAll(writeInput("latin1.csv", bytes), columns);
    expect(read.texts).toEqual(["a\ufffdb", "fine"]);
    expect(read.invalidUtf8).toBe(1);
  });

  it("gives ids and further columns, and record numbers if there is no id column", async () => {
    const path = writeInput("ids.csv", `${HEADER}007,x,a\n8,,a\n"9 ",y,b\n`);
    const read = await readAll(path, { text: "text", id: "id", others: ["label", "id"] });
    expect(read.ids).toEqual(["007", "9 "]);
    expect(read.others).toEqual([
      ["a", "b"],
      ["007", "9 "],
    ]);
    expect((await readAll(path, { text: "text", id: "no such" })).ids).toEqual(["1", "3"]);
  });

  it("reads TSV and NDJSON by their names", async () => {
    expect((await readCsv("id\ttext\tlabel\n1\ta, b\tTRUE\n", "input.tsv")).texts).toEqual(["a, b"]);
    const lines = [
      '{"text":"x","label":true,"extra":[1]}',
      "",
      '{"label":"b"}',
      "not json",
      "[1]",
      '{"text":"\\u0000é","label":3}',
      '{"text":"y","label":null}',
      '{"text":"__proto__","label":"__proto__","__proto__":{"a":1}}',
    ];
    expect(await readCsv(lines.join("\n"), "input.ndjson")).toEqual({
      texts: ["x", "\0é", "__proto__"],
      labels: ["True", "3", "__proto__"],
      lines: [1, 6, 8],
      rejected: [
        { line: 3, reason: "no text" },
        { line: 4, reason: "not a JSON object" },
        { line: 5, reason: "not a JSON object" },
        { line: 7, reason: "no label" },
      ],
    });
  });

  it("reads .gz as the plain file", async () => {
    const rows = Array.from({ length: 30_000 }, (_, row) => `${row},text ${row},${row % 2}\n`);
    const plain = HEADER + rows.join("");
    const read = await readAll(writeInput("rows.csv.gz", zlib.gzipSync(plain)), columns);
    expect(read.texts.length).toBe(30_000);
    expect(read.texts[29_999]).toBe("text 29999");
    expect(read.lines[29_999]).toBe(30_001);
  });

  it("can be read again, and refuses a file that changed in between", async () => {
    const path = writeInput("again.csv", `${HEADER}1,x,a\n2,,a\n`);
    const reader = readDataset({ path }, columns);
    for (let pass = 0; pass < 2; pass++) {
      for await (const batch of reader.batches()) expect(batch.texts).toEqual(["x"]);
      expect(reader.rejected.count).toBe(1);
    }
    appendFileSync(path, "3,z,b\n");
    await expect(reader.batches().next()).rejects.toMatchObject({ code: "INPUT_CHANGED" });
  });
});

describe("a file that cannot be read", () => {
  it.each([
    ["empty", "empty.csv", "", "INPUT_EMPTY"],
    ["only a header", "header.csv", HEADER, "INPUT_EMPTY"],
    ["only blank lines", "blank.csv", "\n\n", "INPUT_EMPTY"],
    [
      "no text column",
      "column.csv",
      ",tweet,label\n1,x,a\n",
      'has no column "text"; it has: (unnamed), "tweet", "label"',
    ],
    ["the text column twice", "twice.csv", "text,text,label\n1,x,a\n", 'more than one column "text"'],
    ["UTF-16", "utf16.csv", Buffer.from(`\ufeff${HEADER}`, "utf16le"), "UTF-16"],
    ["UTF-16 without a mark", "nomark.csv", Buffer.from(HEADER, "utf16le"), "binary or UTF-16"],
    ["binary", "binary.csv", Buffer.from([1, 2, 0, 3]), "binary"],
    ["gzip under another name", "gz.csv", zlib.gzipSync(HEADER), "gzip: give it a name that ends with .gz"],
    ["a zip", "book.csv", Buffer.from("PK\u0003\u0004..."), "Excel"],
    ["no gzip under its name", "plain.csv.gz", HEADER, "is not whole gzip"],
    ["a broken header", "quote.csv", '"id,text\n1,2\n', "INPUT_UNREADABLE"],
    ["NDJSON without the column", "keys.ndjson", '{"tweet":"x"}\n', 'has no column "text"; it has: "tweet"'],
    ["10,001 columns", "wide.csv", `${"c,".repeat(10_000)}text\n`, "10001 columns"],
  ])("is refused: %s", async (_what, name, content, message) => {
    expect(await readError(writeInput(name, content), columns)).toContain(message);
  });

  it("is refused: a cut-off gzip file, one with rubbish behind it, and a bomb", async () => {
    const whole = zlib.gzipSync(HEADER + "1,some text that is long enough,a\n".repeat(5000));
    const cut = writeInput("cut.csv.gz", whole.subarray(0, whole.length - 20));
    expect(await readError(cut, columns)).toMatch(/INPUT_UNREADABLE: .* is not whole gzip: .* near byte \d+/);
    const rubbish = writeInput("rubbish.csv.gz", Buffer.concat([whole, Buffer.from("rubbish")]));
    expect(await readError(rubbish, columns)).toMatch(/INPUT_UNREADABLE: .* (near|from) byte \d+/);
    const bomb = writeInput("bomb.csv.gz", zlib.gzipSync(Buffer.alloc(100 << 20)));
    expect(await readError(bomb, columns)).toMatch(/INPUT_TOO_LARGE|INPUT_UNREADABLE/);
    const lines = writeInput(
      "lines.csv.gz",
      zlib.gzipSync(Buffer.concat([Buffer.from(HEADER), Buffer.alloc(100 << 20, "\n")])),
    );
    expect(await readError(lines, columns)).toMatch(/INPUT_TOO_LARGE: .* inflates \d+ times over/);
  });

  const hasZstd = "createZstdDecompress" in zlib;
  (hasZstd ? it.skip : it)("is refused: zstd if Node cannot read it", async () => {
    const path = writeInput("rows.csv.zst", Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
    expect(await readError(path, columns)).toMatch(
      /INPUT_UNREADABLE: .* zstd, which Node reads from 22.15 on/,
    );
  });

  (hasZstd ? it : it.skip)("is read: zstd if Node can", async () => {
    const path = writeInput("tweets.csv.zst", "");
    await writeSyntheticTweets(path, 300);
    expect((await readAll(path, { text: "text" })).texts.length).toBeGreaterThan(250);
  });

  it("is refused: a missing file and a folder", async () => {
    expect(await readError("/no/such/file.csv", columns)).toBe(
      "INPUT_NOT_FOUND: no such file: /no/such/file.csv",
    );
    expect(await readError(__dirname, columns)).toContain("is a folder");
  });

  it("is refused: a label column that holds an id", async () => {
    const rows = Array.from({ length: 1001 }, (_, row) => `${row},x,l${row}\n`);
    expect(await readError(writeInput("ids.csv", HEADER + rows.join("")), columns)).toContain(
      "LABELS_INVALID",
    );
  });
});
