import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
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

/** A whole field and what ends it: quoted soundly, or not beginning with a quote. */
const FIELD = /(?:"(?:[^"]|"")*"|(?!")[^,\n]*?)(?=,|\r?\n|$(?![\s\S]))/y;

/** The fields of a sound record as csv-parse sees them; quotes inside unquoted fields are ordinary there too. */
function fieldsOf(record: string): string[] {
  const [fields] = parse(record, {
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: false,
  }) as string[][];
  return fields!;
}

/** The documented rule over regular expressions: where a record ends, or on which line its broken field opens. */
function expectedOf(text: string, firstLine: number): Outcome {
  const body = text.endsWith("\n") ? text : `${text}\n`;
  const outcome: Outcome = { records: [], broken: [] };
  const lineAt = (position: number) => firstLine + body.slice(0, position).split("\n").length - 1;
  for (let at = 0; at < body.length; ) {
    const blank = /\r?\n/y;
    blank.lastIndex = at;
    if (blank.test(body)) {
      at = blank.lastIndex;
      continue;
    }
    let end = at;
    let sound = true;
    for (;;) {
      FIELD.lastIndex = end;
      sound = FIELD.test(body);
      if (!sound) break;
      end = FIELD.lastIndex;
      if (body[end] !== ",") break;
      end++;
    }
    const newline = body.indexOf("\n", end);
    const next = newline < 0 ? body.length : newline + 1;
    if (sound) outcome.records.push({ line: lineAt(at), fields: fieldsOf(body.slice(at, next)) });
    else outcome.broken.push(lineAt(at));
    at = next;
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

/** A well-formed file: cells of anything, quoted if they must be and sometimes if not. */
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
const reads = (seed: number) => ({ maxRecordBytes: 2000, rangeBytes: 3 + (seed % 61) });

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
      expect(JSON.stringify({ seed, rows })).toBe(JSON.stringify({ seed, rows: whole }));
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
