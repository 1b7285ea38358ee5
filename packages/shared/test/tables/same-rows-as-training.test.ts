import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { dialectOf } from "@colaml/shared/tables/dialect";
import { RecordScanner } from "@colaml/shared/tables/record-scanner";

const folder = mkdtempSync(join(tmpdir(), "colaml-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = "c1,c2,c3\n";
const PIECES = [
  '"',
  '""',
  ",",
  "\n",
  "\r\n",
  "\r",
  "a",
  "é",
  "😀",
  " ",
  'x,"y',
  '","',
  '"\n',
  "\n\n",
  "1,2,3\n",
];

type Rows = { line: number; fields: (string | undefined)[] }[];

function hostile(seed: number): string {
  const random = new MersenneTwister(seed);
  const pieces = Array.from(
    { length: 5 + random.nextUpTo(150) },
    () => PIECES[random.nextUpTo(PIECES.length - 1)],
  );
  return `${HEADER}1,2,3\n${pieces.join("")}`;
}

async function asTrainingReads(path: string): Promise<{ rows: Rows; rejected: number }> {
  const reader = readDataset({ path }, { others: ["c1", "c2", "c3"] });
  const rows: Rows = [];
  for await (const { lines, others } of reader.batches()) {
    lines.forEach((line, row) => {
      rows.push({ line, fields: others.map((column) => column[row]) });
    });
  }
  return { rows, rejected: reader.rejected.count };
}

function asPredictionReads(content: string): { rows: Rows; rejected: number } {
  const bytes = Buffer.from(content);
  const scanner = new RecordScanner(dialectOf("csv", bytes), 8);
  scanner.open(bytes);
  const rows: Rows = [];
  let rejected = 0;
  for (let status = scanner.next(); status !== "end"; status = scanner.next()) {
    if (status !== "record" || scanner.fieldCount !== 3) {
      rejected++;
      continue;
    }
    const fields = [0, 1, 2].map((field) => {
      const content = bytes.toString("utf8", scanner.starts[field], scanner.ends[field]);
      return scanner.quoted[field] ? content.replaceAll('""', '"') : content;
    });
    rows.push({ line: scanner.line + 1, fields });
  }
  return { rows: rows.slice(1), rejected };
}

describe("training and prediction", () => {
  it("see the same rows and reject the same records in hostile files", async () => {
    let rows = 0;
    for (let seed = 1000; seed < 1150; seed++) {
      const content = hostile(seed);
      const path = join(folder, `${seed}.csv`);
      writeFileSync(path, content);
      const training = await asTrainingReads(path);
      expect({ seed, ...training }).toEqual({ seed, ...asPredictionReads(content) });
      rows += training.rows.length;
    }
    // The generator must make rows, or nothing was compared.
    expect(rows).toBeGreaterThan(200);
  });
});
