import { readHeader } from "@colaml/shared/tables/header";
import { isMissing } from "@colaml/shared/tables/missing-values";
import { fuzz } from "./fuzz-run";
import { hasPython, type PythonOracle, startPython } from "./python-oracle";
import {
  DELIMITERS,
  latin1,
  NAMES,
  type TableCase,
  tableCases,
  writtenTables,
  writtenText,
} from "./table-cases";
import { type ReadTable, readByTraining, scored } from "./table-readers";

const WHOLE = 1 << 20;

let python: PythonOracle;
beforeAll(() => {
  if (hasPython) python = startPython();
});
afterAll(() => python?.close());

const contentOf = ({ format, header, bytes }: TableCase) => {
  const first = format === "ndjson" ? "" : `${NAMES.join(DELIMITERS[format])}\n`;
  return Buffer.from((header ?? first) + bytes, "latin1");
};

/** The same table by every way of reading it; what the whole file gives. */
async function readEveryWay(table: TableCase): Promise<ReadTable> {
  const content = contentOf(table);
  const { format, quoteEscape, maxRecordBytes, cut } = table;
  const how = { format, quoteEscape, maxRecordBytes };
  const whole = await readByTraining(content, { ...how, rangeBytes: WHOLE });
  for (const rangeBytes of [cut, cut + 1, 7]) {
    expect(await readByTraining(content, { ...how, rangeBytes })).toEqual(whole);
  }
  expect(await readByTraining(content, { ...how, written: "gzip", rangeBytes: cut })).toEqual(whole);
  // a mark of another encoding, or of this one, is read by other rules
  if (
    content.equals(Buffer.from(content.toString("utf8"))) &&
    !content.toString("utf8").startsWith("\ufeff") &&
    !content.includes(0)
  ) {
    expect(await readByTraining(content, { ...how, written: "utf16", rangeBytes: cut })).toEqual(whole);
  }
  return whole;
}

/** What scoring takes and rejects is what training does, whatever the cuts; the kernel writes what strings give. */
async function scoreEveryWay(table: TableCase): Promise<void> {
  const content = contentOf(table);
  const { format, quoteEscape, cut } = table;
  const header = readHeader(content, {
    path: "table",
    format,
    quote: format === "ndjson" ? -1 : 34,
    quoteEscape,
  });
  const byTraining = await readByTraining(content, {
    format,
    quoteEscape,
    maxRecordBytes: 0,
    rangeBytes: WHOLE,
    text: "c2",
  });
  const whole = (await scored(content, header, WHOLE, "strings"))!;
  expect([byTraining.rows.length, byTraining.rejected]).toEqual([whole.rows, whole.rejected]);
  expect(await scored(content, header, cut, "strings")).toEqual(whole);
  for (const bytes of [WHOLE, cut]) {
    const byKernel = await scored(content, header, bytes, "kernel");
    if (byKernel !== undefined) expect(byKernel).toEqual(whole);
  }
}

/** Python's strict reader takes what we take, row by row and line by line, and refuses what is broken for us. */
async function readAsPython(table: TableCase, whole: ReadTable): Promise<void> {
  const content = contentOf(table).toString("latin1");
  const lf = content.includes("\n");
  // for Python a lone CR ends a line, too, and NUL is a byte like any other
  if (/\0/.test(content) || (lf && /\r(?!\n)/.test(content)) || content.startsWith(latin1("\ufeff"))) return;
  const newline = lf ? "\n" : "\r";
  const ours = (kind: string) =>
    whole.rejected.filter(({ reason }) => reason === kind).map(({ line }) => line - 1);
  if (table.format === "ndjson") {
    const { rows, others } = await python.ask<{ rows: [number, string[]][]; others: number[] }>({
      kind: "ndjson",
      bytes: content,
      newline,
      names: NAMES,
    });
    expect(whole.rows.map(({ line, cells }) => [line - 1, cells])).toEqual(rows);
    expect(ours("not a JSON object")).toEqual(others);
    return;
  }
  const answer = await python.ask<{ rows?: [number, string[]][]; refused?: string }>({
    kind: "csv",
    bytes: content,
    newline,
    delimiter: DELIMITERS[table.format],
  });
  expect(answer.refused !== undefined).toBe(ours("broken quoting").length > 0);
  if (answer.rows === undefined) return;
  const [, ...rows] = answer.rows;
  expect(whole.rows.map(({ line, cells }) => [line - 1, cells])).toEqual(
    rows.filter(([, cells]) => cells.length === 3),
  );
  expect(ours("wrong number of fields")).toEqual(
    rows.filter(([, cells]) => cells.length !== 3).map(([line]) => line),
  );
}

describe("the readers of tables", () => {
  it("find the same rows at the same lines, whatever the cuts, as do the kernel and Python's csv and json", async () => {
    await fuzz(
      "table-bytes",
      tableCases,
      async (table) => {
        const whole = await readEveryWay(table);
        if (table.header !== undefined || table.maxRecordBytes > 0 || whole.refused !== undefined) return;
        await scoreEveryWay(table);
        if (hasPython && table.quoteEscape === "double") await readAsPython(table, whole);
      },
      { runs: 100 },
    );
  });

  it("give back what was written, and miss the texts that pandas misses", async () => {
    await fuzz(
      "written-tables",
      writtenTables,
      async (table) => {
        const { format, rows, cut } = table;
        const text = writtenText(table);
        const how = { format, maxRecordBytes: 0 };
        for (const rangeBytes of [WHOLE, cut]) {
          const read = await readByTraining(Buffer.from(text), { ...how, rangeBytes });
          expect(read.rows.map(({ cells }) => cells)).toEqual(rows);
        }
        if (!hasPython) return;
        const delimiter = DELIMITERS[format];
        const asked = { bytes: latin1(text), newline: "\n", delimiter };
        const byCsv = await python.ask<{ rows: [number, string[]][] }>({ kind: "csv", ...asked });
        expect(byCsv.rows.slice(1).map(([, cells]) => cells)).toEqual(rows);
        const byPandas = await python.ask<{ cells: string[][]; missing: boolean[][] }>({
          kind: "pandas",
          ...asked,
        });
        expect(byPandas.cells).toEqual(rows);
        // a text of blanks has nothing to learn from either
        const missing = rows.map((cells, row) =>
          cells.map((cell, i) => cell.trim() === "" || byPandas.missing[row]![i]!),
        );
        expect(rows.map((cells) => cells.map((cell) => isMissing(cell, "pandas")))).toEqual(missing);
      },
      { runs: 30 },
    );
  });
});
