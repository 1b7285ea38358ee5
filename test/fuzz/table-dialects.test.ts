import { type DialectTable, dialectBytes, dialectRows, dialectTables, ENCODINGS } from "./dialect-cases";
import { fuzz } from "./fuzz-run";
import { hasPython, type PythonOracle, startPython } from "./python-oracle";
import { NAMES } from "./table-cases";
import { readByTraining } from "./table-readers";

let python: PythonOracle;
beforeAll(() => {
  if (hasPython) python = startPython();
});
afterAll(() => python?.close());

/** By Python's csv, and by pandas if that can read such a table whole. */
interface Answer {
  csv: string[][];
  pandas: string[][] | null;
}

async function expectAsPython(table: DialectTable, whole: readonly string[][]): Promise<void> {
  const { delimiter, quote, encoding } = table;
  const answer = await python.ask<Answer>({
    ...{ kind: "dialect", bytes: dialectBytes(table).toString("latin1") },
    ...{ delimiter, quote, encoding: ENCODINGS[encoding].python },
  });
  const [names, ...rows] = answer.csv;
  expect(names).toEqual(NAMES);
  expect(rows.filter((row) => row.length === NAMES.length)).toEqual(whole);
  if (answer.pandas) expect(answer.pandas).toEqual(whole);
}

describe("a table that another program exported", () => {
  it("gives back its cells as pandas and Python's csv do, whatever delimiter, quote and encoding it has", async () => {
    await fuzz(
      "table-dialects",
      dialectTables,
      async (table) => {
        const { delimiter, quote, encoding, cut, times } = table;
        const rows = dialectRows(table);
        const whole = rows.filter((row) => row.length === NAMES.length);
        const content = dialectBytes(table);
        const how = { format: "csv" as const, maxRecordBytes: 0, encoding: ENCODINGS[encoding].ours };
        for (const rangeBytes of times === 1 ? [1 << 20, cut] : [1 << 20, 4_096]) {
          for (const given of [{ delimiter, quote }, ...(quote === '"' ? [{ quote }] : [])]) {
            const read = await readByTraining(content, { ...how, ...given, rangeBytes });
            // NUL bytes at the head of a file are those of a binary one, or of UTF-16 without a mark
            if (read.refused !== undefined) {
              expect([read.refused, rows.flat().join("").includes("\0")]).toEqual(["INPUT_UNREADABLE", true]);
              return;
            }
            expect(read.rows.map(({ cells }) => cells)).toEqual(whole);
            expect(read.rejected.map(({ reason }) => reason)).toEqual(
              Array(rows.length - whole.length).fill("wrong number of fields"),
            );
          }
        }
        if (hasPython) await expectAsPython(table, whole);
      },
      { runs: 60 },
    );
  });

  it("is refused by name if it is read in an encoding that its mark or its bytes rule out", async () => {
    const table = (encoding: keyof typeof ENCODINGS) => ENCODINGS[encoding].bytes("c1,c2,c3\né,ü,ß\n");
    const refused = async (written: keyof typeof ENCODINGS, encoding: string) => {
      const how = { format: "csv" as const, maxRecordBytes: 0, rangeBytes: 1 << 20, encoding };
      return (await readByTraining(table(written), how)).refused;
    };
    expect(await refused("utf-16le", "utf-16be")).toBe("INPUT_UNREADABLE");
    expect(await refused("utf-16be", "utf-8")).toBe("INPUT_UNREADABLE");
    expect(await refused("marked", "utf-16le")).toBe("INPUT_UNREADABLE");
    expect(await refused("marked", "windows-1252")).toBe("INPUT_UNREADABLE");
  });
});
