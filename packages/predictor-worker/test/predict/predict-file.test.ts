import { copyFileSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { readReceipt, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { parse } from "csv-parse/sync";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { mlflowOfTests, publishBundle, tweetBundle } from "../tweet-model";

const { gunzipSync, gzipSync } = zlib;

let bench: PredictorBench;
let model: string;
let input: string;
const bundle = tweetBundle();

beforeAll(async () => {
  bench = await openPredictorBench();
  model = await publishBundle(bundle);
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 6_000, 7);
  await Promise.all(
    [1, 2].map(() => bench.start({ env: { COLAML_CHUNK_BYTES: "65536", COLAML_WINDOW: "4" } })),
  );
}, 60_000);
afterAll(() => bench.close());

const uri = () => `models:/${model}/1`;
const run = async (job: Omit<Parameters<PredictorBench["submit"]>[0], "model">) =>
  bench.result(await bench.submit({ model: uri(), ...job }));

describe("a file to a file", () => {
  it("gives each row once, in order, with the prediction of one plain pass, and a receipt that balances", async () => {
    const output = join(bench.folder, "plain.csv");
    const result = await run({ input: { path: input }, output });
    const expected = await oracle(input, bundle, "1");
    expect(await readFile(output, "utf8")).toBe(expected.text);
    expect(result).toMatchObject({
      rows: expected.rows,
      rejected: expected.rejected,
      rejectedByReason: { "no text": expected.rejected },
      withoutKnownWords: { rows: expected.withoutKnownWords },
      modelVersion: "1",
      output,
    });
    expect(expected.rejected).toBeGreaterThan(0);
    expect(expected.withoutKnownWords).toBeGreaterThan(0);
    expect(expected.withoutKnownWords).toBeLessThan(expected.rows / 2);
    expect(result.warnings).toBeUndefined();
    const { receipt, problems } = await verifyReceipt(output);
    expect(problems).toEqual([]);
    expect(receipt.rejectedByReason).toEqual(result.rejectedByReason);
    expect(receipt.withoutKnownWords).toEqual(result.withoutKnownWords);
    expect(receipt.rows).toEqual({
      in: 6_000,
      out: expected.rows,
      rejected: expected.rejected,
      setAside: 0,
      duplicates: 0,
    });
    const rejected = parse(await readFile(`${output}.rejected.csv`, "utf8"), { columns: true });
    expect(rejected).toHaveLength(expected.rejected);
    const names = ["tweets.csv", "plain.csv", "plain.csv.receipt.json", "plain.csv.rejected.csv"];
    expect(await leftovers(bench, names)).toEqual({ jobs: 0, files: [] });
  });

  it("is the same by way of Redis, of gzip and of one chunk for all", async () => {
    const { text } = await oracle(input, bundle, "1");
    const redis = join(bench.folder, "redis.csv");
    await run({ input: { path: input }, output: redis, transport: "redis" });
    expect(await readFile(redis, "utf8")).toBe(text);
    const zipped = join(bench.folder, "tweets.csv.gz");
    await writeFile(zipped, gzipSync(await readFile(input)));
    for (const transport of ["file", "redis"] as const) {
      const output = join(bench.folder, `zipped-${transport}.csv.gz`);
      await run({ input: { path: zipped }, output, transport });
      expect(gunzipSync(await readFile(output)).toString()).toBe(text);
      expect((await verifyReceipt(output)).problems).toEqual([]);
    }
  });

  it("copies columns, and writes TSV and NDJSON with the same numbers", async () => {
    const csv = join(bench.folder, "columns.csv");
    await run({ input: { path: input }, output: csv, passThrough: ["author_id", "text"] });
    const rows = parse(await readFile(csv), { columns: true }) as Record<string, string>[];
    const source = parse(await readFile(input), { columns: true }) as Record<string, string>[];
    const byId = new Map(source.map((row) => [row["tweet_id"], row]));
    expect(rows.every((row) => byId.get(row["id"])!["text"] === row["text"])).toBe(true);
    for (const format of ["tsv", "ndjson"]) {
      const output = join(bench.folder, `columns.${format}`);
      await run({ input: { path: input }, output, passThrough: ["author_id", "text"] });
      const text = await readFile(output, "utf8");
      const read =
        format === "tsv"
          ? (parse(text, { columns: true, delimiter: "\t" }) as Record<string, string>[])
          : text
              .trimEnd()
              .split("\n")
              .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(
        read.map((row) => ({
          ...row,
          probability_True: Number(row["probability_True"]),
          probability_False: 0,
        })),
      ).toEqual(
        rows.map((row) => ({
          ...row,
          probability_True: Number(row["probability_True"]),
          probability_False: 0,
        })),
      );
    }
  });

  it("reads and writes every format, plain and compressed, with the same predictions", async () => {
    const expected = await oracle(input, bundle, "1");
    const want = parse(expected.text, { columns: true }) as Record<string, string>[];
    const records = parse(await readFile(input), { columns: true }) as Record<string, string>[];
    const columns = ["tweet_id", "text"];
    const picked = records.map((record) => columns.map((name) => record[name]!));
    const delimited = (delimiter: string) =>
      [columns, ...picked]
        .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
        .join("\n");
    const texts = {
      csv: delimited(","),
      tsv: delimited("\t"),
      ndjson: picked.map(([tweet_id, text]) => `${JSON.stringify({ tweet_id, text })}\n`).join(""),
    };
    const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as {
      zstdCompressSync?: (bytes: Buffer) => Buffer;
      zstdDecompressSync?: (
        bytes: Buffer,
        options: { info: true },
      ) => { buffer: Buffer; engine: { bytesWritten: number } };
    };
    /** Node reads only the first frame; a tool like zstd reads all of them. */
    const unzstd = (bytes: Buffer) => {
      const frames: Buffer[] = [];
      for (let rest = bytes; rest.length > 0; ) {
        const { buffer, engine } = zstdDecompressSync!(rest, { info: true });
        frames.push(buffer);
        rest = rest.subarray(engine.bytesWritten);
      }
      return Buffer.concat(frames);
    };
    const packers: [string, (bytes: Buffer) => Buffer, (bytes: Buffer) => Buffer][] = [
      ["", (bytes) => bytes, (bytes) => bytes],
      [".gz", (bytes) => gzipSync(bytes), (bytes) => gunzipSync(bytes)],
    ];
    if (zstdCompressSync) packers.push([".zst", zstdCompressSync, unzstd]);
    for (const [format, text] of Object.entries(texts)) {
      for (const [suffix, pack, unpack] of packers) {
        const path = join(bench.folder, `every.${format}${suffix}`);
        await writeFile(path, pack(Buffer.from(text)));
        const output = join(bench.folder, `every-out.${format}${suffix}`);
        const result = await run({ input: { path }, output });
        expect(result.rejected).toBe(expected.rejected);
        expect((await verifyReceipt(output)).problems).toEqual([]);
        const written = unpack(await readFile(output)).toString();
        const got =
          format === "ndjson"
            ? written
                .trimEnd()
                .split("\n")
                .map((line) => JSON.parse(line) as Record<string, unknown>)
            : (parse(written, { columns: true, delimiter: format === "tsv" ? "\t" : "," }) as Record<
                string,
                unknown
              >[]);
        const numbers = (row: Record<string, unknown>) => [
          row["id"],
          row["label"],
          Number(row["probability_False"]),
          Number(row["probability_True"]),
        ];
        expect({ format, suffix, rows: got.map(numbers) }).toEqual({
          format,
          suffix,
          rows: want.map(numbers),
        });
      }
    }
  }, 60_000);

  it("reads NDJSON", async () => {
    const path = join(bench.folder, "in.ndjson");
    const records = [
      { tweet_id: 1, text: "please help" },
      { tweet_id: "b", text: "" },
      { tweet_id: 3, text: "sorry\n" },
    ];
    await writeFile(path, `${records.map((record) => JSON.stringify(record)).join("\n")}\nnot json\n[1]\n`);
    const output = join(bench.folder, "from-ndjson.csv");
    expect(await run({ input: { path }, output, maxRejected: 3 })).toMatchObject({
      rows: 2,
      rejected: 3,
      rejectedByReason: { "no text": 1, "not a JSON object": 2 },
    });
    const rows = parse(await readFile(output), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row["id"])).toEqual(["1", "3"]);
    expect(await readFile(`${output}.rejected.csv`, "utf8")).toBe(
      "line,reason\n2,no text\n4,not a JSON object\n5,not a JSON object\n",
    );
  });

  it("keeps the text of every id and copied cell of NDJSON, whatever a JavaScript number would make of it", async () => {
    const path = join(bench.folder, "big-ids.ndjson");
    const ids = ["850006245121695744", "850006245121695745", "1.0", "1e3", "-0"];
    const line = (id: string) => `{"tweet_id":${id},"text":5,"list":[${id}, 2.50],"seen":true}\n`;
    await writeFile(path, ids.map(line).join(""));
    for (const name of ["big-ids.csv", "big-ids-out.ndjson"]) {
      const output = join(bench.folder, name);
      const result = await run({ input: { path }, output, passThrough: ["list", "seen", "tweet_id"] });
      expect(result).toMatchObject({ rows: 5, rejected: 0 });
      expect(result.repeatedIds?.rows ?? 0).toBe(0);
      const content = await readFile(output, "utf8");
      const rows = name.endsWith(".csv")
        ? (parse(content, { columns: true }) as Record<string, string>[])
        : content
            .trim()
            .split("\n")
            .map((row) => JSON.parse(row) as Record<string, string>);
      expect(rows.map(({ id, list, seen, tweet_id }) => ({ id, list, seen, tweet_id }))).toEqual(
        ids.map((id) => ({ id, list: `[${id}, 2.50]`, seen: "true", tweet_id: id })),
      );
    }
  });

  it.each([
    ["semicolons", "semi.csv", "utf8", {}, (cells: string[]) => cells.join(";")],
    ["bars", "bars.txt", "utf8", {}, (cells: string[]) => cells.join("|")],
    ["a given colon", "colon.csv", "utf8", { delimiter: ":" }, (cells: string[]) => cells.join(":")],
    ["latin-1", "latin1.csv", "latin1", { encoding: "latin1" }, (cells: string[]) => cells.join(",")],
    [
      "UTF-16",
      "utf16.csv",
      "utf16le",
      { encoding: "utf-16le" },
      (cells: string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","),
    ],
    [
      "quotes behind a backslash",
      "spark.csv",
      "utf8",
      { quoteEscape: "backslash" as const },
      (cells: string[]) => cells.map((cell) => `"${cell.replaceAll('"', '\\"')}"`).join(","),
    ],
  ] as const)(
    "reads %s, and writes what the same rows in plain CSV give",
    async (_what, name, coding, says, join_) => {
      const rows = [
        ["7", 'señor please help 5" disk', "x"],
        ["8", "thanks for your service", "ñ"],
        ["9", "NA", "y"],
        ["10", "we are sorry", "z"],
      ];
      const lines = [["tweet_id", "text", "more"], ...rows].map((cells) => `${join_([...cells])}\n`).join("");
      const path = join(bench.folder, name);
      await writeFile(path, Buffer.from(lines, coding));
      const plain = join(bench.folder, `plain-${name}.csv`);
      await writeFile(
        plain,
        "tweet_id,text,more\n".concat(rows.map((cells) => `${cells.join(",")}\n`).join("")),
      );
      const outputs = [];
      for (const input of [{ path, ...says }, { path: plain }]) {
        const output = join(bench.folder, `${outputs.length}-${name}.out.csv`);
        const result = await run({ input, output, passThrough: ["more", "text"] });
        expect(result).toMatchObject({ rows: 3, rejected: 1 });
        const found = parse(await readFile(output), { columns: true, relax_quotes: true }) as object[];
        outputs.push({ found, rejected: await readFile(`${output}.rejected.csv`, "utf8") });
      }
      expect(outputs[0]).toEqual(outputs[1]);
      expect(outputs[1]!.rejected).toBe("line,reason\n4,no text\n");
    },
  );

  it.each([
    ["a quote that never closes", "file", "csv", `"${"a".repeat(12_000_000)}`, "broken quoting"],
    ["a quote that never closes", "redis", "csv.gz", `"${"a".repeat(12_000_000)}`, "broken quoting"],
    ["a field full of quotes", "redis", "csv", 'x"'.repeat(6_000_000), "record too large"],
  ] as const)("is one rejected row, 12 MB of %s (%s, %s), and the job ends", async (...row) => {
    const [_what, transport, ending, field, reason] = row;
    const path = join(bench.folder, `endless-${transport}.${ending}`);
    const content = `tweet_id,text\n1,please help\n2,${field}\n3,sorry\n`;
    // level 0: what deflates a thousand times over is refused as a bomb
    await writeFile(path, ending === "csv" ? content : gzipSync(content, { level: 0 }));
    const output = join(bench.folder, `endless-${transport}-${ending}-out.csv`);
    expect(await run({ input: { path }, output, transport })).toMatchObject({ rows: 2, rejected: 1 });
    expect(await readFile(`${output}.rejected.csv`, "utf8")).toBe(`line,reason\n3,${reason}\n`);
  });

  it("refuses a file whose texts are in another encoding, and names it", async () => {
    const path = join(bench.folder, "cp1252.csv");
    const row = "el envío llegó tarde, señor, mañana otra vez está mal";
    const lines = Array.from({ length: 50 }, (_, i) => `${i},"${row}"\n`).join("");
    await writeFile(path, Buffer.from(`tweet_id,text\n${lines}`, "latin1"));
    const output = join(bench.folder, "cp1252-out.csv");
    await expect(run({ input: { path }, output })).rejects.toThrow(
      /INPUT_UNREADABLE: .* is not UTF-8: 50 of 50 rows hold other bytes; it looks like windows-1252: give --encoding/,
    );
    expect(await readdir(bench.folder)).not.toContain("cp1252-out.csv");
  });

  it("numbers rows if there is no id, and explains labels by words of the text", async () => {
    const path = join(bench.folder, "noid.csv");
    await writeFile(path, 'text\nplease help\n""\n=sorry\nthanks for your service\n');
    const output = join(bench.folder, "noid-out.csv");
    await run({ input: { path }, output, explain: 2, passThrough: ["text"], spreadsheetSafe: true });
    const rows = parse(await readFile(output), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row["id"])).toEqual(["1", "3", "4"]);
    expect(rows.map((row) => row["text"])).toEqual(["please help", "'=sorry", "thanks for your service"]);
    for (const row of rows) {
      const words = row["explanation"]!.split(" ")
        .filter(Boolean)
        .map((word) => word.split(":")[0]!)
        .filter((word) => word !== "(absent)");
      expect(words.length).toBeLessThanOrEqual(2);
      expect(words.every((word) => row["text"]!.includes(word))).toBe(true);
    }
    expect(rows.some((row) => row["explanation"] !== "")).toBe(true);
  });
});

describe("texts in the job", () => {
  it("are scored at once and are its result", async () => {
    const result = await bench.result(
      await bench.submit({ model: uri(), texts: ["please help", ""], explain: 1 }),
    );
    expect(result).toMatchObject({ rows: 2, modelVersion: "1" });
    const [first] = result.predictions!;
    expect(first!.probabilities["False"]! + first!.probabilities["True"]!).toBeCloseTo(1, 6);
    expect(first!.probabilities[first!.label]).toBeGreaterThanOrEqual(0.5);
  });
});

describe("what cannot be done", () => {
  const failure = async (job: Parameters<typeof run>[0]) => run(job).catch((error: Error) => error.message);

  it("is refused with one line, and nothing is left", async () => {
    const output = join(bench.folder, "refused.csv");
    expect(await failure({ input: { path: join(bench.folder, "none.csv") }, output })).toMatch(
      /^INPUT_NOT_FOUND: /,
    );
    expect(await failure({ input: { path: input }, output, columns: { text: "body" } })).toMatch(
      /^COLUMN_NOT_FOUND: .* has no column "body"; it has: .*tweet_id/,
    );
    expect(await failure({ input: { path: input }, output: join(bench.folder, "no", "where.csv") })).toMatch(
      /^OUTPUT_UNWRITABLE: .*the folder does not exist/,
    );
    expect(await failure({ input: { path: input }, output: input })).toMatch(
      /^OUTPUT_UNWRITABLE: .*is the input/,
    );
    expect(await failure({ input: { path: input }, output, maxRejected: 3 })).toMatch(/^TOO_MANY_REJECTED: /);
    expect(await failure({ input: { path: input }, output, maxRejected: 0.0001 })).toMatch(
      /^TOO_MANY_REJECTED: /,
    );
    const id = await bench.submit({
      model: "models:/nothing-like-it@champion",
      input: { path: input },
      output,
    });
    await expect(bench.result(id)).rejects.toThrow("MODEL_NOT_FOUND");
    expect((await readdir(bench.folder)).filter((name) => name.includes("refused"))).toEqual([]);
    expect(await bench.queue("predict-chunk").getJobCountByTypes("waiting", "active", "delayed")).toBe(0);
  });

  it("is to replace an output, unless asked to", async () => {
    const output = join(bench.folder, "kept.csv");
    await writeFile(output, "mine");
    expect(await failure({ input: { path: input }, output })).toMatch(/^OUTPUT_EXISTS: /);
    expect(await readFile(output, "utf8")).toBe("mine");
    await run({ input: { path: input }, output, force: true });
    expect((await verifyReceipt(output)).problems).toEqual([]);
  });

  it.each<[string, string, (path: string) => void, RegExp]>([
    ["a kind of file that is not written", "s.parquet", () => undefined, /ends with \.parquet.*use \.csv/],
    ["a hard link of the input", "same.csv", (path) => linkSync(input, path), /is the input/],
    ["a symbolic link", "link.csv", (path) => symlinkSync("/nowhere", path), /symbolic link/],
    ["a name that is too long", `${"n".repeat(231)}.csv`, () => undefined, /at most 234 are allowed/],
    [
      "an output whose batch folder holds somebody's files",
      "foreign.csv",
      (path) => {
        mkdirSync(join(path, "..", ".foreign.csv.colaml"));
        writeFileSync(join(path, "..", ".foreign.csv.colaml", "thesis.doc"), "mine");
      },
      /holds "thesis\.doc", which no batch made/,
    ],
  ])("is to write %s, forced or not", async (_what, name, prepare, message) => {
    const output = join(bench.folder, name);
    prepare(output);
    const before = await readdir(bench.folder, { recursive: true });
    for (const force of [false, true]) {
      const refused = await failure({ input: { path: input }, output, force });
      expect(refused).toMatch(/^OUTPUT_UNWRITABLE: /);
      expect(refused).toMatch(message);
    }
    expect(await readdir(bench.folder, { recursive: true })).toEqual(before);
  });

  it.each([".receipt.json", ".rejected.csv"])(
    "is to replace somebody's %s beside the output, unless asked to",
    async (suffix) => {
      const output = join(bench.folder, `beside${suffix.slice(0, 4)}.csv`);
      await writeFile(`${output}${suffix}`, "mine");
      expect(await failure({ input: { path: input }, output })).toMatch(/^OUTPUT_EXISTS: /);
      expect(await readFile(`${output}${suffix}`, "utf8")).toBe("mine");
      await run({ input: { path: input }, output, force: true });
      expect((await verifyReceipt(output)).problems).toEqual([]);
    },
  );

  it("is to replace what came under the output's name while the job ran: the same job with force takes it up", async () => {
    const big = join(bench.folder, "raced.csv");
    await writeSyntheticTweets(big, 30_000, 9);
    const output = join(bench.folder, "race.csv");
    const id = await bench.submit({ model: uri(), input: { path: big }, output });
    const begun = join(bench.folder, ".race.csv.colaml", "batch.json");
    while (!existsSync(begun)) await new Promise((resolve) => setImmediate(resolve));
    await writeFile(output, "mine");
    await expect(bench.result(id)).rejects.toThrow(/^OUTPUT_EXISTS: .*race\.csv exists/);
    const left = (await readdir(bench.folder)).filter((name) => name.includes("race.csv"));
    expect(left.sort()).toEqual([".race.csv.colaml", "race.csv"]);
    expect(await readFile(output, "utf8")).toBe("mine");
    await run({ input: { path: big }, output, force: true });
    expect(await readFile(output, "utf8")).toBe((await oracle(big, bundle, "1")).text);
    expect((await verifyReceipt(output)).problems).toEqual([]);
  });

  it("is seen by the receipt when a byte of the output or the input changes", async () => {
    const copy = join(bench.folder, "changing.csv");
    copyFileSync(input, copy);
    const output = join(bench.folder, "receipt.csv");
    await run({ input: { path: copy }, output });
    await appendFile(copy, "x");
    expect((await verifyReceipt(output)).problems).toEqual([expect.stringContaining("the input has")]);
    const bytes = await readFile(output);
    bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1;
    await writeFile(output, bytes);
    expect((await verifyReceipt(output)).problems).toContainEqual(
      expect.stringContaining("the output was changed"),
    );
    expect((await readReceipt(output))?.rows.duplicates).toBe(0);
  });
});

it("a promotion changes the next job and not the one under way", async () => {
  const { registry } = mlflowOfTests();
  const name = await publishBundle(tweetBundle(1));
  await publishBundle(tweetBundle(2), name);
  await registry.setAlias(name, "champion", "1");
  const big = join(bench.folder, "big.csv");
  await writeSyntheticTweets(big, 30_000, 9);
  const champion = `models:/${name}@champion`;
  const output = join(bench.folder, "pinned.csv");
  const id = await bench.submit({ model: champion, input: { path: big }, output });
  const folder = join(bench.folder, ".pinned.csv.colaml", "batch.json");
  while (!existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
  await registry.setAlias(name, "champion", "2");
  expect((await bench.result(id)).modelVersion).toBe("1");
  expect(await readFile(output, "utf8")).toBe((await oracle(big, tweetBundle(1), "1")).text);
  const next = join(bench.folder, "next.csv");
  expect((await run({ input: { path: input }, output: next, ...{ model: champion } })).modelVersion).toBe(
    "2",
  );
  expect(await readFile(next, "utf8")).toBe((await oracle(input, tweetBundle(2), "2")).text);
  expect((await stat(next)).mode & 0o077).toBe(0o040);
});
