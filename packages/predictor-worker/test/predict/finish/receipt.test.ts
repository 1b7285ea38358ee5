import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildReceipt, resultOf } from "@colaml/predictor-worker/predict/finish/receipt";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { receiptPath, rejectedPath, verifyReceipt } from "@colaml/shared/contracts/receipt";

const folder = mkdtempSync(join(tmpdir(), "batch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
const plan = {
  input: {
    format: "csv" as const,
    newline: 10 as const,
    delimiter: 44,
    quote: 34,
    fields: 2,
    text: { name: "text", place: 1 },
    id: { name: "id", place: 0 },
  },
  output: {
    format: "csv" as const,
    compression: "none" as const,
    passThrough: [],
    explain: 0,
    spreadsheetSafe: false,
  },
  model: { name: "tickets", version: "3", runId: "r", source: "s", manifestSha256: "abc" },
};

// Three rows: two are scored, the one in the middle has no text. The first two of them are a chunk, the third another.
const [INPUT, OUTPUT, REJECTED] = [
  "id,text\n1,a\n2,\n3,c\n",
  "id,label\n1,x\n3,y\n",
  "line,reason\n3,no text\n",
];
const chunks = [
  { index: 0, start: 8, end: 15, rows: 1, rejected: 1, sha256: "d0" },
  { index: 1, start: 15, end: 19, rows: 1, rejected: 0, sha256: "d1" },
];

let batches = 0;
/** The files of a batch, and all that is known when the last chunk is done. */
function complete() {
  const output = join(folder, `scored-${batches++}.csv`);
  const path = `${output}.input`;
  writeFileSync(path, INPUT);
  writeFileSync(output, OUTPUT);
  writeFileSync(rejectedPath(output), REJECTED);
  const { input, ...job } = predictJobSchema.parse({ input: { path, format: "csv" }, output });
  return {
    batch: {
      job: { ...job, input: input!, output },
      folder: { rejectedFile: rejectedPath(output) },
      owner: { jobId: "predict-1" },
      options: { settings: { window: 4 } },
      record: {
        v: 1 as const,
        id: "b1",
        request: "digest",
        input: { size: 19, mtimeMs: 0, inode: 1 },
        plan,
        labelWithoutTerms: "x",
        decisionNames: ["x", "y", "ask"],
        dataStart: 8,
        firstLine: 2,
        chunkBytes: 7,
        startedAt: "2026-11-25T08:00:00.000Z",
      },
    },
    checkpoint: {
      v: 1 as const,
      nextChunk: 2,
      inputOffset: 19,
      line: 5,
      row: 3,
      outputBytes: 17,
      rejectedBytes: 22,
      rows: 2,
      rejected: 1,
      rejectedByReason: { "no text": 1 },
      invalidUtf8: 1,
      withoutKnownWords: 2,
      decisions: [1, 0, 1],
      chunks,
      setAside: [],
      complete: true,
    },
    outputSha256: digestOf(OUTPUT),
    repeatedIds: undefined,
    inputSha256: digestOf(INPUT),
    now: new Date("2026-11-25T08:00:02.500Z"),
  };
}

describe("the receipt of a complete batch", () => {
  it("says what was read, written and left out, and balances with the files", async () => {
    const facts = complete();
    const { output, input } = facts.batch.job;
    const receipt = await buildReceipt(facts);
    expect(receipt).toEqual({
      v: 1,
      jobId: "predict-1",
      model: { name: "tickets", version: "3", manifestSha256: "abc" },
      input: { path: input.path, bytes: 19, sha256: digestOf(INPUT) },
      output: { path: output, bytes: 17, sha256: digestOf(OUTPUT) },
      rejectedFile: { path: `${output}.rejected.csv`, bytes: 22, sha256: digestOf(REJECTED) },
      rows: { in: 3, out: 2, rejected: 1, setAside: 0, duplicates: 0 },
      rejectedByReason: { "no text": 1 },
      invalidUtf8: 1,
      withoutKnownWords: { rows: 2, label: "x" },
      decisions: {
        byClass: [
          { label: "x", rows: 1 },
          { label: "y", rows: 0 },
        ],
        abstained: { word: "ask", rows: 1 },
      },
      chunks,
      setAside: [],
      settings: {
        plan: { input: plan.input, output: plan.output },
        chunkBytes: 7,
        window: 4,
        transport: "file",
        request: {
          input: { format: "csv" },
          columns: { text: "text", id: "id" },
          passThrough: [],
          explain: 0,
          spreadsheetSafe: false,
        },
      },
      startedAt: "2026-11-25T08:00:00.000Z",
      finishedAt: "2026-11-25T08:00:02.500Z",
      seconds: 2.5,
    });
    writeFileSync(receiptPath(output), JSON.stringify(receipt));
    expect((await verifyReceipt(output)).problems).toEqual([]);
  });

  it("leaves out what there was not: rejected rows, known words that nobody counted, a rule", async () => {
    const facts = complete();
    rmSync(rejectedPath(facts.batch.job.output));
    const receipt = await buildReceipt({
      ...facts,
      checkpoint: {
        ...facts.checkpoint,
        rejected: 0,
        rejectedByReason: undefined,
        withoutKnownWords: undefined,
        decisions: undefined,
      },
    });
    const optional = ["rejectedFile", "rejectedByReason", "repeatedIds", "withoutKnownWords", "decisions"];
    for (const field of optional) expect(receipt).not.toHaveProperty(field);
    expect(receipt.rows).toEqual({ in: 2, out: 2, rejected: 0, setAside: 0, duplicates: 0 });
    const other = complete();
    const { decisionNames: _, ...record } = other.batch.record;
    expect(await buildReceipt({ ...other, batch: { ...other.batch, record } })).not.toHaveProperty(
      "decisions",
    );
  });

  it("keeps a count of 0 apart from one that nobody made", async () => {
    const facts = complete();
    const receipt = await buildReceipt({
      ...facts,
      checkpoint: { ...facts.checkpoint, withoutKnownWords: 0 },
    });
    expect(receipt.withoutKnownWords).toEqual({ rows: 0, label: "x" });
  });

  it("adds up the records of chunks in the dead-letter queue, and names ids that occur again", async () => {
    const chunk = { id: "c", index: 0, start: 0, end: 1, firstLine: 2, records: 2, reason: "no memory" };
    const setAside = [chunk, { ...chunk, id: "d", records: 3 }];
    const repeatedIds = {
      column: "id",
      rows: 1,
      examples: [{ id: "1", rows: [1, 2] as [number, number] }],
    };
    const facts = complete();
    const receipt = await buildReceipt({
      ...facts,
      checkpoint: { ...facts.checkpoint, rejected: 5, setAside },
      repeatedIds,
    });
    expect(receipt.rows).toEqual({ in: 7, out: 2, rejected: 5, setAside: 5, duplicates: 0 });
    expect([receipt.setAside, receipt.repeatedIds]).toEqual([setAside, repeatedIds]);
  });

  it.each([
    ["2026-11-25T08:00:00.000Z", 0.001],
    ["2026-11-25T07:59:00.000Z", 0.001],
    ["2026-11-25T08:01:00.000Z", 60],
  ])("took some time, whatever the clock did: until %s", async (now, seconds) => {
    expect((await buildReceipt({ ...complete(), now: new Date(now) })).seconds).toBe(seconds);
  });
});

describe("the result of a job by its receipt", () => {
  it("has the counts, the speed, and where the receipt lies", async () => {
    const receipt = await buildReceipt(complete());
    expect(resultOf(receipt, "/out/scored.csv")).toEqual({
      rows: 2,
      rejected: 1,
      rejectedByReason: { "no text": 1 },
      withoutKnownWords: { rows: 2, label: "x" },
      decisions: receipt.decisions,
      seconds: 2.5,
      rowsPerSecond: 0.8,
      modelVersion: "3",
      output: "/out/scored.csv",
      warnings: [
        "rows without a single word that the model knows: 2 of 2; each gets the same answer (label x): is it the right model, text column, language and encoding?",
      ],
      receipt: "/out/scored.csv.receipt.json",
    });
  });

  it("says which chunks are in the dead-letter queue and which ids occur again, and nothing of what there was not", async () => {
    const chunk = { id: "c", index: 0, start: 0, end: 1, firstLine: 2, records: 2, reason: "no memory" };
    const repeatedIds = {
      column: "id",
      rows: 1,
      examples: [{ id: "1", rows: [1, 2] as [number, number] }],
    };
    const facts = complete();
    const receipt = await buildReceipt({
      ...facts,
      checkpoint: {
        ...facts.checkpoint,
        setAside: [chunk],
        rejectedByReason: undefined,
        withoutKnownWords: undefined,
        decisions: undefined,
      },
      repeatedIds,
    });
    const result = resultOf(receipt, "/out/scored.csv");
    expect(result).toMatchObject({
      repeatedIds,
      setAside:
        "2 rows are in a chunk that kept failing (no memory): `cola jobs retry c` runs only this chunk again",
    });
    for (const field of ["rejectedByReason", "withoutKnownWords", "decisions", "warnings"])
      expect(result).not.toHaveProperty(field);
    const plain = resultOf(await buildReceipt(complete()), "/out/scored.csv");
    for (const field of ["repeatedIds", "setAside"]) expect(plain).not.toHaveProperty(field);
  });
});
