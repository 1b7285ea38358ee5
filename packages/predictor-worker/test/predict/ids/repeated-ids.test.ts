import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { RepeatedIdFinder } from "@colaml/predictor-worker/predict/ids/repeated-ids";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ids-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Output = ChunkPlan["output"];

function planOf(output: Partial<Output>): ChunkPlan {
  const field = { name: "text", place: 1 };
  return {
    input: { format: "csv", newline: 10, fields: 3, text: field, id: { name: "tweet_id", place: 0 } },
    output: {
      format: "csv",
      compression: "none",
      passThrough: [],
      explain: 0,
      spreadsheetSafe: false,
      ...output,
    },
    model: { name: "m", version: "12", runId: "r", source: "s", manifestSha256: "0" },
  };
}

const packers: Record<string, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => zlib.gzipSync(bytes),
};

/** Feeds an output in pieces and asks what was found. */
async function found(plan: ChunkPlan, text: string, pieceBytes: number) {
  const finder = new RepeatedIdFinder(plan, folder);
  const bytes = Buffer.from(text);
  const { compression } = plan.output;
  const members: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    members.push(packers[compression]!(piece));
    await finder.add(members.at(-1)!);
  }
  const file = join(folder, "output");
  const written = Buffer.concat(members);
  await writeFile(file, written);
  const live = await finder.finish(file, written.length);
  finder.close();
  // a batch that goes on reads what is written: the same answer
  const resumed = new RepeatedIdFinder(plan, folder);
  await resumed.addFile(file, written.length);
  expect(await resumed.finish(file, written.length)).toEqual(live);
  resumed.close();
  expect((await readdir(folder)).filter((name) => name !== "output")).toEqual([]);
  return live;
}

const HEADER = "id,label,probability_False,probability_True,model_version";
const CELLS = "False,0.900000000,0.100000000,12";

describe("ids that occur more than once", () => {
  it("are found in lines cut anywhere, with the rows of the first ones", async () => {
    const ids = ["7", "8", "9", "8", "7", "8", "10"];
    const text = `${HEADER}\n${ids.map((id) => `${id},${CELLS}\n`).join("")}`;
    for (const pieceBytes of [1, 7, 64, 1000]) {
      expect(await found(planOf({}), text, pieceBytes)).toEqual({
        column: "tweet_id",
        rows: 3,
        examples: [
          { id: "8", rows: [2, 4] },
          { id: "7", rows: [1, 5] },
        ],
      });
    }
  });

  it("are the same id in quotes and without, and not one that only looks alike", async () => {
    const text = `${HEADER}\n"5",${CELLS}\n5,${CELLS}\n"a""b",${CELLS}\na"b,${CELLS}\n05,${CELLS}\n,${CELLS}\n"",${CELLS}\n`;
    expect((await found(planOf({}), text, 50)).rows).toBe(3);
  });

  it("are not taken from copied columns, whatever these hold", async () => {
    const passThrough = [{ name: "note", place: 2 }];
    const notes = ['"one\n5,two"', "5", '"""5""\n5"', "", 'a "b', '"x,\n\n"'];
    const text = `${HEADER},note\n${notes.map((note, i) => `${i},${CELLS},${note}\n`).join("")}5,${CELLS},\n`;
    for (const pieceBytes of [3, 1000]) {
      expect(await found(planOf({ passThrough }), text, pieceBytes)).toMatchObject({
        rows: 1,
        examples: [{ id: "5", rows: [6, 7] }],
      });
    }
  });

  it("are found if a class is written in quotes, in TSV, in NDJSON and compressed", async () => {
    const quoted = `id,label,"probability_a\nb",probability_c,model_version\n1,"a\nb",0.900000000,0.100000000,12\n2,c,0.9,0.1,12\n1,c,0.9,0.1,12\n`;
    expect((await found(planOf({}), quoted, 9)).rows).toBe(1);
    const lines = `${HEADER}\n1,${CELLS}\n2,${CELLS}\n1,${CELLS}\n`;
    expect((await found(planOf({ format: "tsv" }), lines.replaceAll(",", "\t"), 9)).rows).toBe(1);
    expect((await found(planOf({ compression: "gzip" }), lines, 40)).rows).toBe(1);
    const { zstdCompressSync } = zlib as unknown as { zstdCompressSync?: (bytes: Buffer) => Buffer };
    if (zstdCompressSync) {
      packers["zstd"] = zstdCompressSync;
      expect((await found(planOf({ compression: "zstd" }), lines, 40)).rows).toBe(1);
    }
    const json = ["1", 'a"b', "1", "a\\", 'a"b'].map((id) => `{"id":${JSON.stringify(id)},"label":"x"}\n`);
    expect(await found(planOf({ format: "ndjson" }), json.join(""), 5)).toMatchObject({ rows: 2 });
  });

  it("are counted as pandas counts them, when they are too many for memory", async () => {
    // 400,000 ids of which some come again, far apart: drawn by numpy, counted by pandas
    const script = [
      "import sys, numpy, pandas",
      "ids = numpy.random.default_rng(5).integers(0, 40_000_000, 400_000)",
      "print(int(pandas.Series(ids).duplicated().sum()))",
      `sys.stdout.write("\\n".join(map(str, ids)))`,
    ].join("\n");
    const printed = execFileSync(process.env["COLAML_PYTHON_TEST"]!, ["-c", script], {
      maxBuffer: 1 << 26,
    }).toString();
    const [expected, ...ids] = printed.trimEnd().split("\n");
    const text = `${HEADER}\n${ids.map((id) => `${id},${CELLS}\n`).join("")}`;
    const { rows, examples } = await found(planOf({}), text, 1 << 20);
    expect(rows).toBe(Number(expected));
    expect(rows).toBeGreaterThan(500);
    expect(examples).toHaveLength(3);
    for (const { id, rows: at } of examples) expect(at.map((row) => ids[row - 1])).toEqual([id, id]);
  }, 60_000);
});
