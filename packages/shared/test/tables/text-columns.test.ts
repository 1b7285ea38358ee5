import { joinedText } from "@colaml/shared/tables/joined-text";
import { readAll, readError, writeInput } from "./read-all";

/** What pandas gives: `df[["subject", "body"]].fillna("").agg("\n".join, axis=1)`, rows without either left out. */
const EXPECTED = {
  texts: ['Refund\nwhere is "it"?', "\nonly a body", "only a subject\n", "two\nlines\nend"],
  labels: ["a", "b", "a", "b"],
  ids: ["1", "2", "3", "5"],
};
const COLUMNS = { text: ["subject", "body"], label: "label", id: "id" };

describe("a text of several columns", () => {
  it("is joined in the order named, by a line end, in CSV", async () => {
    const path = writeInput(
      "several.csv",
      'body,id,label,subject\n"where is ""it""?",1,a,Refund\nonly a body,2,b,NA\n,3,a,only a subject\n" ",4,b,null\nend,5,b,"two\nlines"\n',
    );
    const { texts, labels, ids, rejected } = await readAll(path, COLUMNS);
    expect({ texts, labels, ids }).toEqual(EXPECTED);
    expect(rejected.first).toEqual([{ line: 5, reason: "no text" }]);
  });

  it("is joined alike in NDJSON, and null, lists and absent keys are empty parts", async () => {
    const rows = [
      { id: "1", subject: "Refund", body: 'where is "it"?', label: "a" },
      { id: "2", subject: null, body: "only a body", label: "b" },
      { id: "3", subject: "only a subject", body: [1], label: "a" },
      { id: "4", body: " ", label: "b" },
      { id: "5", subject: "two\nlines", body: "end", label: "b" },
    ];
    const path = writeInput("several.ndjson", rows.map((row) => JSON.stringify(row)).join("\n"));
    const { texts, labels, ids, rejected } = await readAll(path, COLUMNS);
    expect({ texts, labels, ids }).toEqual(EXPECTED);
    expect(rejected.first).toEqual([{ line: 4, reason: "no text" }]);
  });

  it("leaves the columns beside it as they are, whatever the order, over many ranges", async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `s${i},"b ""${i}""",${i % 2 ? "x" : "y"},k${i}`);
    const path = writeInput("many.csv", `subject,body,label,key\n${rows.join("\n")}\n`);
    const columns = { text: ["body", "subject"], label: "label", id: "key", others: ["subject", "body"] };
    const read = await readAll(path, columns, { rangeBytes: 700 });
    expect(read.texts).toEqual(rows.map((_, i) => `b "${i}"\ns${i}`));
    expect(read.others).toEqual([rows.map((_, i) => `s${i}`), rows.map((_, i) => `b "${i}"`)]);
    expect(read.ids.at(-1)).toBe("k499");
  });

  it("of which the file lacks one is refused by its name", async () => {
    const path = writeInput("lacking.csv", "subject,label\nx,a\n");
    expect(await readError(path, COLUMNS)).toMatch(
      /^COLUMN_NOT_FOUND: .* has no column "body"; it has: "subject", "label" \(--text-column, --label-column, .* name those of the file\)$/,
    );
  });

  it("counts a row whose bytes are damaged in any of its columns", async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `s${i},b${i},a\n`);
    const path = writeInput(
      "damaged.csv",
      Buffer.concat([
        Buffer.from(`subject,body,label\n${lines.join("")}fine,b`),
        Buffer.from([0xff]),
        Buffer.from(",a\n"),
      ]),
    );
    const { invalidUtf8, texts } = await readAll(path, COLUMNS);
    expect(invalidUtf8).toBe(1);
    expect(texts.at(-1)).toBe("fine\nb\uFFFD");
  });
});

describe("joinedText", () => {
  it("keeps the one column of a text as it is", () => {
    expect(joinedText([" x "], "pandas")).toBe(" x ");
    expect(joinedText(["NA"], "pandas")).toBeUndefined();
    expect(joinedText(["NA"], "empty")).toBe("NA");
  });

  it("has an empty part for each that is missing, and no text if all are", () => {
    expect(joinedText(["Refund", "NA", "where is it"], "pandas")).toBe("Refund\n\nwhere is it");
    expect(joinedText(["Refund", "NA"], "empty")).toBe("Refund\nNA");
    expect(joinedText(["", " ", "null"], "pandas")).toBeUndefined();
  });
});
