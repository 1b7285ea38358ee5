import { join } from "node:path";
import { checkpointSchema } from "@colaml/predictor-worker/predict/checkpoint/checkpoint";
import { BatchFolder } from "@colaml/predictor-worker/predict/folder/batch-folder";
import { batchRecordSchema } from "@colaml/predictor-worker/predict/folder/batch-record";
import { type Receipt, receiptPath, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { requestOfReceipt } from "@colaml/shared/outputs/batch-request";
import { examplePlan } from "../../packages/predictor-worker/test/scoring/example-model";
import { LOCAL_DOCUMENTS } from "./local-documents";
import { MONITOR_DOCUMENTS } from "./monitor-documents";
import { type Document, output, report, root } from "./state-place";

const batch = join(root, ".out.csv.colaml");
const entry = { index: 0, start: 9, end: 99, rows: 2, rejected: 1, sha256: "0" };
const folder = () => new BatchFolder(output, report);

/** What it asked for, or why that cannot be told. */
function expectRequest(receipt: Receipt): void {
  try {
    requestOfReceipt(receipt);
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    expect(error.message).toMatch(/^the receipt .*$/);
  }
}

const BATCH_DOCUMENTS: Record<string, Document> = {
  owner: {
    kind: "batchOwner",
    path: join(batch, "owner.json"),
    lines: [{ v: 1, jobId: "j", epoch: "e" }],
    read: () => folder().readOwner(),
  },
  receipt: {
    kind: "receipt",
    path: receiptPath(output),
    lines: [
      {
        v: 1,
        jobId: "j",
        input: { path: output, bytes: 0, sha256: "0" },
        output: { path: output, bytes: 0, sha256: "0" },
        model: { name: "m", version: "3", manifestSha256: "0" },
        rows: { in: 3, out: 2, rejected: 1, setAside: 0, duplicates: 0 },
        rejectedByReason: { "no text": 1 },
        invalidUtf8: 0,
        chunks: [entry],
        setAside: [],
        settings: { plan: { input: examplePlan().input, output: examplePlan().output } },
        startedAt: "2026-01-01T00:00:00.000Z",
        finishedAt: "2026-01-01T00:00:01.000Z",
        seconds: 1,
      },
    ],
    read: async () => {
      const { receipt } = await verifyReceipt(output);
      expectRequest(receipt);
      return receipt;
    },
  },
  batch: {
    kind: "batchRecord",
    path: join(batch, "batch.json"),
    lines: [
      {
        v: 1,
        id: "b1",
        request: "0",
        input: { size: 9, mtimeMs: 1, inode: 1 },
        plan: examplePlan(),
        dataStart: 9,
        firstLine: 2,
        chunkBytes: 99,
        startedAt: "",
      },
    ],
    read: () => folder().read("batch.json", batchRecordSchema),
  },
  checkpoint: {
    kind: "checkpoint",
    path: join(batch, "checkpoint.json"),
    lines: [
      {
        v: 1,
        nextChunk: 1,
        inputOffset: 99,
        line: 5,
        row: 3,
        outputBytes: 9,
        rejectedBytes: 9,
        rows: 2,
        rejected: 1,
        invalidUtf8: 0,
        chunks: [entry],
        setAside: [],
        complete: false,
      },
    ],
    read: () => folder().read("checkpoint.json", checkpointSchema),
  },
};

/** Each kind as it is written. */
export const STATE_DOCUMENTS: Readonly<Record<string, Document>> = {
  ...MONITOR_DOCUMENTS,
  ...LOCAL_DOCUMENTS,
  ...BATCH_DOCUMENTS,
};
