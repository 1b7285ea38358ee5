import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readAll, readError, writeInput } from "./read-all";

interface Fixture {
  base64: string;
  texts: string[];
  labels: string[];
  rows: number;
}
const FIXTURES = Object.entries(
  JSON.parse(readFileSync(join(__dirname, "../fixtures/pandas-encodings.json"), "utf8")) as Record<
    string,
    Fixture
  >,
);
const columns = { text: "text", label: "label" };

describe("a file in another encoding than UTF-8", () => {
  it.each(FIXTURES)("is read as pandas reads it if its encoding is given: %s", async (encoding, fixture) => {
    const bytes = Buffer.from(fixture.base64, "base64");
    for (const path of [writeInput("other.csv", bytes), writeInput("other.csv.gz", gzipSync(bytes))]) {
      const read = await readAll({ path, encoding }, columns, { rangeBytes: 100 });
      expect(read.texts.slice(0, 4)).toEqual(fixture.texts);
      expect(read.labels.slice(0, 2)).toEqual(fixture.labels);
      expect(read.texts.length).toBe(fixture.rows);
      expect(read.lines.at(-1)).toBe(fixture.rows + 1);
    }
  });

  it.each(FIXTURES)("is refused without it, and the refusal names it: %s", async (encoding, fixture) => {
    const path = writeInput("other.csv", Buffer.from(fixture.base64, "base64"));
    const message = await readError(path, { text: "text" });
    expect(message).toMatch(/^INPUT_UNREADABLE: /);
    expect(message).toContain(`--encoding ${encoding}`);
  });

  it("is guessed from texts of any length, cut within a character or not", async () => {
    for (const repeats of [1, 50, 5_000]) {
      // 我的订单没有到,非常感谢 in GB 18030
      const text = Buffer.from("ced2b5c4b6a9b5a5c3bbd3d0b5bda3acb7c7b3a3b8d0d0bb", "hex");
      const row = Buffer.concat([
        Buffer.from("1,x"),
        ...Array<Buffer>(repeats).fill(text),
        Buffer.from(",a\n"),
      ]);
      const bytes = Buffer.concat([Buffer.from("id,text,label\n"), ...Array<Buffer>(40).fill(row)]);
      expect(await readError(writeInput("gb.csv", bytes), columns)).toContain("--encoding gb18030");
    }
  });

  it("is refused if a byte does not fit the encoding that is given", async () => {
    const path = writeInput("wrong.csv", Buffer.from("id,text,label\n1,\x81\xffa,x\n", "latin1"));
    expect(await readError({ path, encoding: "shift_jis" }, columns)).toMatch(
      /^INPUT_UNREADABLE: .* is not shift_jis: a byte between byte 0 and 22 does not fit/,
    );
  });

  it("is refused if only its header shows it", async () => {
    const path = writeInput("header.csv", Buffer.from("id,text,opini\xf3n\n1,a,x\n", "latin1"));
    expect(await readError(path, { text: "text", label: "opinión" })).toMatch(
      /^INPUT_UNREADABLE: the header of .* is not UTF-8: it looks like windows-125\d/,
    );
  });
});

describe("a few bytes that are not UTF-8", () => {
  const rows = (bad: number, all: number) =>
    Buffer.from(
      `id,text,label\n${Array.from({ length: all }, (_, i) => `${i},${i < bad ? "se\xf1or" : "sir"} ${i},x\n`).join("")}`,
      "latin1",
    );

  it("are counted up to one row of a hundred, and refused beyond", async () => {
    expect((await readAll(writeInput("few.csv", rows(10, 1000)), columns)).invalidUtf8).toBe(10);
    expect(await readError(writeInput("more.csv", rows(11, 1000)), columns)).toMatch(
      /INPUT_UNREADABLE: .* is not UTF-8: 11 of 1000 rows hold other bytes; it looks like windows-125\d/,
    );
    // two rows are tolerated in a file of any size
    expect((await readAll(writeInput("small.csv", rows(2, 10)), columns)).invalidUtf8).toBe(2);
    expect(await readError(writeInput("small.csv", rows(3, 10)), columns)).toContain("INPUT_UNREADABLE");
  });

  it("are counted in NDJSON as well", async () => {
    const line = (text: string) => `{"text":"${text}","label":"x"}\n`;
    const bytes = Buffer.from(line("se\xf1or") + line("sir") + line("ma'am"), "latin1");
    const read = await readAll(writeInput("few.ndjson", bytes), columns);
    expect(read.texts[0]).toBe("se\ufffdor");
    expect(read.invalidUtf8).toBe(1);
  });

  it.each([
    ["CSV", "bad.csv", "id,text,label\n1,fine,no\n2,fine,s\xed\n"],
    ["NDJSON", "bad.ndjson", '{"text":"fine","label":"no"}\n\n{"text":"fine","label":"s\xed"}\n'],
  ])(
    "are refused in a label, for a class would be called by a broken word (%s)",
    async (_what, name, content) => {
      const message = await readError(writeInput(name, Buffer.from(content, "latin1")), columns);
      expect(message).toMatch(/^LABELS_INVALID: the label in line 3, column "label", is not UTF-8 text/);
      const lost = content.replace("s\xed", "s\ufffd");
      expect(await readError(writeInput(name, lost), columns)).toMatch(
        /^LABELS_INVALID: .* it holds U\+FFFD, which stands for a lost letter/,
      );
    },
  );

  it.each(["\\ud800", "\\udc00x", "\\ufffd"])(
    "are refused in a label that JSON spells with an escape, %s, which UTF-8 cannot hold",
    async (spelling) => {
      const content = `{"text":"fine","label":"no"}\n{"text":"fine","label":"${spelling}"}\n`;
      expect(await readError(writeInput("half.ndjson", content), columns)).toMatch(/^LABELS_INVALID: /);
    },
  );

  it.each([
    ["utf-16", "utf-16be", Buffer.from("\ufefftext,label\na,b\n", "utf16le").swap16()],
    ["utf-16be", "utf-16le", Buffer.from("\ufefftext,label\na,b\n", "utf16le")],
    ["windows-1252", "utf-8", Buffer.from("\ufefftext,label\na,b\n")],
  ])("are not read as %s if the file's mark says %s", async (encoding, marked, bytes) => {
    const reading = readAll({ path: writeInput("marked.csv", bytes), encoding }, { text: "text" });
    await expect(reading).rejects.toThrow(`byte order mark of ${marked}; give --encoding ${marked}`);
  });
});
