import { readFileSync } from "node:fs";
import { join } from "node:path";
import { looksLikeHeader } from "@colaml/shared/tables/column-names";
import { readHeader } from "@colaml/shared/tables/header";
import { readAll, readError, writeInput } from "./read-all";

const columns = { text: "text", label: "label" };
const read = (content: string, wanted: string[], more: object = {}) =>
  readHeader(Buffer.from(content), {
    path: "f.csv",
    format: "csv",
    quote: 34,
    quoteEscape: "double",
    wanted,
    ...more,
  });

describe("what separates the fields", () => {
  it.each([
    [";", "id;text;label\n1;a, b;x\n"],
    ["|", "id|text|label\n1|a, b|x\n"],
    ["\t", "id\ttext\tlabel\n1\ta, b\tx\n"],
    [",", 'id,text,label\n1,"a, b",x\n'],
    [";", "sep=;\nid;text;label\n1;a, b;x\n"],
    [";", '"sep=;"\r\nid;text;label\r\n1;a, b;x\r\n'],
    [";", "id, old;text;label\n1;a, b;x\n"],
    ["|", "id;number|text|label\n1|a, b|x\n"],
  ])("is recognised from the header: %j", async (delimiter, content) => {
    const { texts, labels } = await readAll(writeInput("guess.csv", content), columns);
    expect({ texts, labels }).toEqual({ texts: ["a, b"], labels: ["x"] });
    const { note, dialect } = read(content, ["text", "label"]);
    expect(dialect.delimiter).toBe(delimiter.charCodeAt(0));
    // what was guessed is reported, what the format says itself is not
    expect(note === undefined).toBe(delimiter === ",");
  });

  it("is reported with what shows it: a file whose columns are given has no header", () => {
    const rows = "1\ta\tx\n";
    expect(read(`id\ttext\tlabel\n${rows}`, ["text"]).note).toMatch(/as the header shows$/);
    const columnNames = ["id", "text", "label"];
    expect(read(rows, ["text"], { columnNames }).note).toMatch(/as its first row shows$/);
    expect(read(`sep=\t\n${rows}`, ["text"], { columnNames }).note).toMatch(/as its first line says$/);
  });

  it("counts the line of `sep=` among the lines of the file", async () => {
    const content = "sep=;\nid;text;label\n1;a;x\n2;;x\n";
    const { lines, rejected } = await readAll(writeInput("sep.csv", content), columns);
    expect(lines).toEqual([3]);
    expect(rejected.first).toEqual([{ line: 4, reason: "no text" }]);
  });

  it("is what somebody gives, though the header suggests another", () => {
    expect(read("a;text,b\n", ["text"], { delimiter: ";" }).columns).toEqual(["a", "text,b"]);
    expect(read("text:label\n", [], { delimiter: ":" }).columns).toEqual(["text", "label"]);
  });

  it("is the comma of a CSV file if the columns asked for are there under none", () => {
    expect(read("a;b,c\n", ["text"]).columns).toEqual(["a;b", "c"]);
    expect(read("text\n", ["text"]).columns).toEqual(["text"]);
    expect(read("a;b;c\n", []).columns).toEqual(["a", "b", "c"]);
  });
});

describe("a file without a header", () => {
  const NAMED = { columnNames: ["id", "text", "label"] };

  it("is read by the names that somebody gives its columns, from its first line on", () => {
    expect(read("1,a,x\n2,b,y\n", [], NAMED)).toMatchObject({
      columns: ["id", "text", "label"],
      dataStart: 0,
      lines: 0,
    });
    expect(read("\ufeffsep=;\n1;a;x\n", [], NAMED)).toMatchObject({ dataStart: 9, lines: 1 });
    expect(read("1|a|x\n", [], NAMED).dialect.delimiter).toBe("|".charCodeAt(0));
  });

  it("is not NDJSON, whose objects name their columns themselves", async () => {
    const path = writeInput("named.ndjson", '{"text":"a","label":"b"}\n');
    expect(await readError({ path, columnNames: ["text"] }, columns)).toMatch(
      /^PARAMETER_INVALID: .* is NDJSON/,
    );
  });

  it.each([
    ['[{"text":"a"},\n{"text":"b"}]', "is a JSON list: write one object per line"],
    ['[\n  {"text":"a"}\n]', "is a JSON list: write one object per line"],
    ['{"text":"a","label":"b"}\n', "give --input-format ndjson"],
  ])("is not JSON under another name: %j", async (content, message) => {
    for (const name of ["data.json", "data.csv"]) {
      expect(await readError(writeInput(name, content), columns)).toContain(message);
    }
  });

  it("is refused if the names are too many or too few", () => {
    expect(() => read("1,a\n", [], NAMED)).toThrow(
      "the first record of f.csv has 2 fields, --columns names 3",
    );
  });

  it.each([
    "119237,105834,True,Wed Oct 11 06:55:44 +0000 2017,@AppleSupport causing the reply to be disregarded,119236,",
    "ham\tGo until jurong point, crazy.. Available only in bugis n great world la e buffet...",
    "spam\tFree entry in 2 a wkly comp",
    "0,My order never came. Call me at 555 0199",
    "Maria Lopez,true",
    "I hate this product,negative",
  ])("does not show a row of somebody's text as the names of its columns: %s", async (row) => {
    const message = await readError(writeInput("bare.csv", `${row}\n${row}\n`), columns);
    expect(message).toMatch(
      /^COLUMN_NOT_FOUND: .* does not read as column names\. If the file has no header/,
    );
    for (const field of row.split(/[,\t]/)) if (field.length > 3) expect(message).not.toContain(field);
  });

  it("takes usual headers for names", () => {
    for (const header of [
      ["", "tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id"],
      ["Unnamed: 0", "airline_sentiment:confidence", "tweet text", "Fecha de creación"],
      ["v1", "v2", "", ""],
      ["標籤", "文字"],
      ["id", " text", " Date of Last Contact"],
      ["Complaint ID", "Date received", "Consumer complaint narrative", "ZIP code", "Timely response?"],
    ]) {
      expect({ header, is: looksLikeHeader(header) }).toEqual({
        header,
        is: header[4] !== "Timely response?",
      });
    }
  });
});

const fixture = join(__dirname, "../fixtures/pandas-backslash.json");

describe("another quote than the usual one", () => {
  it("stands around fields, and the usual one is a character like any other", async () => {
    const content = `id;text;label\n1;'say "hi"; it''s me';a\n2;"x;b\n3;'two\nlines';a\n`;
    const path = writeInput("apostrophe.csv", content);
    const read = await readAll({ path, quote: "'" }, columns);
    expect(read.texts).toEqual([`say "hi"; it's me`, '"x', "two\nlines"]);
    const escaped = writeInput("both.csv", `text,label\n'it\\'s ''me'' \\\\ "a\\"',a\n`);
    expect((await readAll({ path: escaped, quote: "'", quoteEscape: "backslash" }, columns)).texts).toEqual([
      `it's 'me' \\ "a\\"`,
    ]);
  });

  it("may be none: each line is a record, as with csv.QUOTE_NONE", async () => {
    const path = writeInput("none.tsv", 'label\ttext\na\t"Hello\nb\t"x" y\na\t""\n');
    const read = await readAll({ path, quote: "none" }, columns);
    expect(read.texts).toEqual(['"Hello', '"x" y', '""']);
    const usual = await readAll(path, columns);
    expect(usual.rejected.byReason).toEqual({ "broken quoting": 2, "no text": 1 });
  });
});

describe("quotes behind a backslash", () => {
  const { csv, rows } = JSON.parse(readFileSync(fixture, "utf8")) as { csv: string; rows: string[][] };

  it("are read as pandas reads them with escapechar", async () => {
    const path = writeInput("spark.csv", csv);
    const dataset = { path, quoteEscape: "backslash" as const };
    const { others, rejected } = await readAll(dataset, { others: ["id", "text", "label"] });
    expect(rejected.count).toBe(0);
    expect(others[0]!.map((_, row) => others.map((column) => column[row]))).toEqual(rows);
  });

  it("are counted among broken records if nobody said so", async () => {
    const { rejected } = await readAll(writeInput("spark.csv", csv), { text: "text" });
    expect(rejected.byReason["broken quoting"]).toBeGreaterThan(0);
    // one record continues after a line end: its second half holds no quote behind a backslash
    expect(rejected.backslashQuotes).toBe(rejected.byReason["broken quoting"]! - 1);
  });
});
