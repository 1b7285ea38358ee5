import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchFolderPath,
  describeRepeatedIds,
  describeSetAside,
  type FileFacts,
  type Receipt,
  readReceipt,
  receiptPath,
  rejectedPath,
  verifyReceipt,
} from "@colaml/shared/contracts/receipt";

const folder = mkdtempSync(join(tmpdir(), "receipts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [INPUT, OUTPUT, REJECTED] = [
  "id,text\n1,a\n2,\n3,c\n",
  "id,label\n1,x\n3,y\n",
  "line,reason\n3,no text\n",
];
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
const facts = (text: string): FileFacts => ({ bytes: text.length, sha256: digestOf(text) });

let batch = 0;
/** Files of a finished batch with their receipt, which balances unless `change` breaks it. */
function finished(change: (receipt: Receipt) => Partial<Receipt> = () => ({})): string {
  const output = join(folder, `scored-${batch++}.csv`);
  const input = `${output}.input`;
  writeFileSync(input, INPUT);
  writeFileSync(output, OUTPUT);
  writeFileSync(rejectedPath(output), REJECTED);
  const receipt: Receipt = {
    v: 1,
    jobId: "predict-1",
    model: { name: "m", version: "3", manifestSha256: "0" },
    input: { path: input, ...facts(INPUT) },
    output: { path: "/elsewhere/scored.csv", ...facts(OUTPUT) },
    rejectedFile: { path: "/elsewhere/scored.csv.rejected.csv", ...facts(REJECTED) },
    rows: { in: 3, out: 2, rejected: 1, setAside: 0, duplicates: 0 },
    rejectedByReason: { "no text": 1 },
    invalidUtf8: 0,
    withoutKnownWords: { rows: 2, label: "x" },
    decisions: {
      byClass: [
        { label: "x", rows: 1 },
        { label: "y", rows: 0 },
      ],
      abstained: { word: "abstain", rows: 1 },
    },
    chunks: [
      { index: 0, start: 8, end: 12, rows: 1, rejected: 0, sha256: "0" },
      { index: 1, start: 12, end: 15, rows: 0, rejected: 1, sha256: "0" },
      { index: 2, start: 15, end: 19, rows: 1, rejected: 0, sha256: "0" },
    ],
    setAside: [],
    settings: {},
    startedAt: "2026-11-25T08:00:00.000Z",
    finishedAt: "2026-11-25T08:00:01.000Z",
    seconds: 1,
  };
  writeFileSync(receiptPath(output), JSON.stringify({ ...receipt, ...change(receipt) }));
  return output;
}

const problemsOf = async (output: string, input?: FileFacts) => (await verifyReceipt(output, input)).problems;

describe("an output and its receipt", () => {
  it("balance if nothing was changed, wherever the output is now", async () => {
    const output = finished();
    const { receipt, problems } = await verifyReceipt(output);
    expect(problems).toEqual([]);
    expect(receipt).toEqual(await readReceipt(output));
    expect(receipt.jobId).toBe("predict-1");
  });

  it("balance without rejected rows, reasons, known words and decisions, as older releases wrote it", async () => {
    const output = finished(({ rows, chunks }) => ({
      rejectedFile: undefined,
      rejectedByReason: undefined,
      withoutKnownWords: undefined,
      decisions: undefined,
      rows: { ...rows, in: 2, rejected: 0 },
      chunks: [{ ...chunks[0]!, rows: 2 }],
    }));
    rmSync(rejectedPath(output));
    expect(await problemsOf(output)).toEqual([]);
  });

  it("balance with ids that occur more than once, which are read as they were written", async () => {
    const repeatedIds = {
      column: "id",
      rows: 1,
      examples: [{ id: "7", rows: [1, 2] as [number, number] }],
    };
    const { receipt, problems } = await verifyReceipt(finished(() => ({ repeatedIds })));
    expect([receipt.repeatedIds, problems]).toEqual([repeatedIds, []]);
  });

  it("lie beside each other under names made from the output's", () => {
    expect(receiptPath("/data/out.csv")).toBe("/data/out.csv.receipt.json");
    expect(rejectedPath("/data/out.csv")).toBe("/data/out.csv.rejected.csv");
    expect(batchFolderPath("/data/out.csv")).toBe("/data/.out.csv.colaml");
  });

  it.each<[string, (receipt: Receipt) => Partial<Receipt>, string]>([
    ["a row lost", ({ rows }) => ({ rows: { ...rows, in: 4 } }), "4 rows in, but 2 out and 1 rejected"],
    [
      "a row of a chunk too many",
      ({ chunks: [first, ...others] }) => ({ chunks: [{ ...first!, rows: 2 }, ...others] }),
      "the chunks hold 3 rows, the receipt says 2",
    ],
    [
      "a rejected row of a chunk too many",
      ({ chunks: [first, ...others] }) => ({ chunks: [{ ...first!, rejected: 1 }, ...others] }),
      "the chunks rejected 2 rows, the receipt says 1",
    ],
    [
      "rows in the dead-letter queue that no chunk has",
      ({ rows }) => ({ rows: { ...rows, setAside: 5 } }),
      "the chunks set aside hold 0 rows, the receipt says 5",
    ],
    [
      "reasons that do not add up",
      () => ({ rejectedByReason: { "no text": 1, "broken quoting": 2 } }),
      "the reasons count 3 rejected rows, the receipt says 1",
    ],
    [
      "more rows without a known word than rows",
      () => ({ withoutKnownWords: { rows: 3, label: "x" } }),
      "3 rows without a known word, but 2 rows out",
    ],
    [
      "decisions of fewer rows",
      ({ decisions }) => ({ decisions: { ...decisions!, abstained: { word: "abstain", rows: 0 } } }),
      "1 rows decided or abstained on, but 2 rows out",
    ],
    [
      "a gap between chunks",
      ({ chunks: [first, second, third] }) => ({ chunks: [first!, second!, { ...third!, start: 16 }] }),
      "chunk 2 does not begin where the one before it ends",
    ],
    [
      "an output of other bytes",
      ({ output }) => ({ output: { ...output, sha256: "0" } }),
      `the output was changed: its sha256 is ${digestOf(OUTPUT)}`,
    ],
    [
      "an output of another size",
      ({ output }) => ({ output: { ...output, bytes: 1 } }),
      "the output has 17 bytes, the receipt says 1",
    ],
    [
      "an input of other bytes",
      ({ input }) => ({ input: { ...input, sha256: "0" } }),
      `the input was changed: its sha256 is ${digestOf(INPUT)}`,
    ],
    [
      "rejected rows of other bytes",
      ({ rejectedFile }) => ({ rejectedFile: { ...rejectedFile!, sha256: "0" } }),
      `the rejected file was changed: its sha256 is ${digestOf(REJECTED)}`,
    ],
  ])("do not balance with %s, which is the one problem named", async (_what, change, problem) => {
    expect(await problemsOf(finished(change))).toEqual([problem]);
  });

  it("balance with chunks on the dead-letter queue, whose rows are rejected", async () => {
    const chunk = {
      id: "chunk-1",
      index: 1,
      start: 12,
      end: 15,
      firstLine: 3,
      records: 1,
      reason: "no memory",
    };
    const output = finished(({ rows }) => ({ rows: { ...rows, setAside: 1 }, setAside: [chunk] }));
    expect(await problemsOf(output)).toEqual([]);
  });

  it("do not balance without the input, or without the rejected rows that it names", async () => {
    const output = finished();
    rmSync(`${output}.input`);
    rmSync(rejectedPath(output));
    expect(await problemsOf(output)).toEqual([
      `the input is missing: ${output}.input`,
      `the rejected file is missing: ${rejectedPath(output)}`,
    ]);
  });

  it("are checked by an input that was moved, in place of the one that is gone", async () => {
    const output = finished();
    rmSync(`${output}.input`);
    expect(await problemsOf(output, facts(INPUT))).toEqual([]);
    expect(await problemsOf(output, { ...facts(INPUT), bytes: 5 })).toEqual([
      "the input has 5 bytes, the receipt says 19",
    ]);
    expect(await problemsOf(output, facts(INPUT.replace("a", "b")))).toEqual([
      expect.stringMatching(/^the input was changed: its sha256 is [0-9a-f]{64}$/),
    ]);
  });

  it("are refused without an output, without a receipt, or with one that is not ours", async () => {
    const output = finished();
    writeFileSync(receiptPath(output), '{"v":1}');
    const refused = {
      code: "RECEIPT_MISMATCH",
      message: `${receiptPath(output)} is missing or is not a receipt`,
    };
    await expect(verifyReceipt(output)).rejects.toMatchObject(refused);
    expect(await readReceipt(output)).toBeUndefined();
    rmSync(receiptPath(output));
    await expect(verifyReceipt(output)).rejects.toMatchObject(refused);
    rmSync(output);
    await expect(verifyReceipt(output)).rejects.toMatchObject({
      code: "INPUT_NOT_FOUND",
      message: `no such file: ${output}`,
    });
  });
});

it("a receipt of a newer release is refused as such, and not taken for none", async () => {
  const output = finished();
  writeFileSync(receiptPath(output), '{"v":2}');
  await expect(readReceipt(output)).rejects.toMatchObject({ code: "STATE_NEWER" });
});

describe("what a receipt says for a person", () => {
  it("counts ids that occur more than once, and names a few with their rows", () => {
    const examples = [
      { id: "7", rows: [1, 3] as [number, number] },
      { id: "8", rows: [2, 900] as [number, number] },
    ];
    expect(describeRepeatedIds({ column: "tweet_id", rows: 1_200, examples })).toBe(
      '1,200 rows have an id of column "tweet_id" that an earlier row has (allowed): 7 in rows 1 and 3; 8 in rows 2 and 900',
    );
    expect(describeRepeatedIds({ column: "id", rows: 1, examples: examples.slice(0, 1) })).toBe(
      '1 row has an id of column "id" that an earlier row has (allowed): 7 in rows 1 and 3',
    );
    expect(describeRepeatedIds({ column: "id", rows: 0, examples: [] })).toBeUndefined();
    expect(describeRepeatedIds(undefined)).toBeUndefined();
  });

  it("names chunks on the dead-letter queue with the command that runs the first one again", () => {
    const chunk = {
      id: "c-1",
      index: 1,
      start: 0,
      end: 9,
      firstLine: 2,
      records: 1_500,
      reason: "no memory",
    };
    const rows = { in: 0, out: 0, rejected: 3_000, setAside: 3_000, duplicates: 0 as const };
    expect(describeSetAside({ setAside: [chunk], rows: { ...rows, setAside: 1_500 } })).toBe(
      "1,500 rows are in a chunk that kept failing (no memory): `cola jobs retry c-1` runs only this chunk again",
    );
    expect(describeSetAside({ setAside: [chunk, { ...chunk, id: "c-2" }], rows })).toBe(
      "3,000 rows are in 2 chunks that kept failing (no memory): `cola jobs retry c-1` runs only this chunk again, the first one of them",
    );
    expect(describeSetAside({ setAside: [], rows })).toBeUndefined();
  });
});
