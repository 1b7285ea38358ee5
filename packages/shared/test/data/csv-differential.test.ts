import { MersenneTwister } from "@colaml/shared/data/mersenne-twister";
import { parse } from "csv-parse/sync";
import { readAll, writeInput } from "./read-all";

/** Records of one field count and more, of pieces that hurt. */
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
  '","b"\n',
];

interface Outcome {
  records: { line: number; fields: string[] }[];
  broken: number[];
}

/** csv-parse on one record alone; undefined where it is not exactly one. */
function strictly(text: string): string[] | undefined {
  try {
    const records: string[][] = parse(`${text}\n`, {
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
    });
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The rule in words, over csv-parse: a record is the fewest lines that parse; else its first line is broken. */
function expectedOf(body: string, firstLine: number): Outcome {
  const lines = body.split("\n");
  const outcome: Outcome = { records: [], broken: [] };
  if (lines.at(-1) === "") lines.pop();
  for (let at = 0; at < lines.length; ) {
    if (lines[at] === "" || (lines[at] === "\r" && at < lines.length - (body.endsWith("\n") ? 0 : 1))) {
      at++;
      continue;
    }
    let fields: string[] | undefined;
    let end = at;
    while (fields === undefined && end < lines.length) fields = strictly(lines.slice(at, ++end).join("\n"));
    const line = firstLine + at;
    if (fields === undefined) outcome.broken.push(line);
    else outcome.records.push({ line, fields });
    at = fields === undefined ? at + 1 : end;
  }
  return outcome;
}

function hostile(seed: number): string {
  const random = new MersenneTwister(seed);
  let body = "";
  const pieces = 5 + random.nextUpTo(100);
  for (let i = 0; i < pieces; i++) body += PIECES[random.nextUpTo(PIECES.length - 1)];
  return body;
}

/** A well-formed file: cells of anything, quoted where they must be and sometimes where not. */
function wellFormed(seed: number): { text: string; cells: string[][] } {
  const random = new MersenneTwister(seed);
  const alphabet = ['"', ",", "\n", "\r\n", "a", "b ", "é", "日", "😀", "'", ";", "\t"];
  const cell = () =>
    Array.from({ length: random.nextUpTo(6) }, () => alphabet[random.nextUpTo(alphabet.length - 1)]).join("");
  const cells = Array.from({ length: 200 }, () => [`k${cell()}`, cell(), cell()]);
  const newline = seed % 2 === 0 ? "\n" : "\r\n";
  const quoted = (value: string) =>
    /[",\r\n]/.test(value) || random.nextUpTo(3) === 0 ? `"${value.replaceAll('"', '""')}"` : value;
  return { text: cells.map((row) => row.map(quoted).join(",") + newline).join(""), cells };
}

const HEADER = "c1,c2,c3\n";
const columns = { others: ["c1", "c2", "c3"] };
/** Small reads, so that every byte comes to lie on a border somewhere. */
const reads = (seed: number) => ({ maxRecordBytes: 2000, fillBytes: 3 + (seed % 61) });

describe("the CSV reader, against csv-parse", () => {
  it("gives back what was written, wherever reads end", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { text, cells } = wellFormed(seed);
      const read = await readAll(writeInput("well.csv", HEADER + text), columns, reads(seed));
      const rows = read.lines.map((_, row) => read.others.map((column) => column[row]));
      expect({ seed, rows }).toEqual({ seed, rows: cells });
      expect(read.rejected.count).toBe(0);
    }
  });

  it("takes the same records from hostile bytes and rejects the same lines", async () => {
    let broken = 0;
    let accepted = 0;
    for (let seed = 0; seed < 250; seed++) {
      const body = `1,2,3\n${hostile(seed)}`;
      const expected = expectedOf(body, 2);
      const read = await readAll(writeInput("hostile.csv", HEADER + body), columns, reads(seed));
      const whole = expected.records.filter(({ fields }) => fields.length === 3);
      const rows = read.lines.map((line, row) => ({
        line,
        fields: read.others.map((column) => column[row]),
      }));
      expect({ seed, rows }).toEqual({ seed, rows: whole });
      expect({ seed, broken: read.rejected.byReason["broken quoting"] ?? 0 }).toEqual({
        seed,
        broken: expected.broken.length,
      });
      expect(read.rejected.byReason["wrong number of fields"] ?? 0).toBe(
        expected.records.length - whole.length,
      );
      broken += expected.broken.length;
      accepted += whole.length;
    }
    // The generator must reach both sides often enough to mean something.
    expect(Math.min(broken, accepted)).toBeGreaterThan(300);
  });
});
