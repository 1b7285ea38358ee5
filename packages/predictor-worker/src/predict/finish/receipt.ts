import { decisionCounts } from "@colaml/shared/contracts/decision-counts";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import {
  describeSetAside,
  type Receipt,
  type RepeatedIds,
  receiptPath,
  rejectedPath,
} from "@colaml/shared/contracts/receipt";
import { warnWithoutKnownWords } from "@colaml/shared/contracts/without-known-words";
import { fileDigest } from "@colaml/shared/files/digest";
import { batchRequest } from "@colaml/shared/outputs/batch-request";
import type { BegunBatch } from "../batch";
import type { Checkpoint } from "../checkpoint/checkpoint";
import type { BatchRecord } from "../folder/batch-record";

/** What the receipt says of a complete batch. */
interface CompleteBatch {
  batch: Pick<BegunBatch, "job" | "record"> & {
    folder: Pick<BegunBatch["folder"], "rejectedFile">;
    owner: Pick<BegunBatch["owner"], "jobId">;
    options: { settings: Pick<BegunBatch["options"]["settings"], "window"> };
  };
  checkpoint: Checkpoint;
  outputSha256: string;
  repeatedIds: RepeatedIds | undefined;
  /** Of the input file as it lies on the disk. */
  inputSha256: string;
  now: Date;
}

/** The receipt, whose fields `verifyReceipt` checks. */
export async function buildReceipt(complete: CompleteBatch): Promise<Receipt> {
  const { batch, checkpoint, now } = complete;
  const { job, folder, owner, record, options } = batch;
  const { name, version, manifestSha256 } = record.plan.model;
  const setAside = checkpoint.setAside.reduce((sum, chunk) => sum + chunk.records, 0);
  return {
    v: 1,
    jobId: owner.jobId,
    model: { name, version, manifestSha256 },
    input: { path: job.input.path, bytes: record.input.size, sha256: complete.inputSha256 },
    output: { path: job.output, bytes: checkpoint.outputBytes, sha256: complete.outputSha256 },
    ...(checkpoint.rejected > 0 && {
      rejectedFile: {
        path: rejectedPath(job.output),
        bytes: checkpoint.rejectedBytes,
        sha256: await fileDigest(folder.rejectedFile),
      },
    }),
    rows: {
      in: checkpoint.rows + checkpoint.rejected,
      out: checkpoint.rows,
      rejected: checkpoint.rejected,
      setAside,
      duplicates: 0,
    },
    ...(checkpoint.rejectedByReason && { rejectedByReason: checkpoint.rejectedByReason }),
    ...(complete.repeatedIds && { repeatedIds: complete.repeatedIds }),
    invalidUtf8: checkpoint.invalidUtf8,
    ...(checkpoint.withoutKnownWords !== undefined && {
      withoutKnownWords: { rows: checkpoint.withoutKnownWords, label: record.labelWithoutTerms },
    }),
    ...(checkpoint.decisions &&
      record.decisionNames && { decisions: decisionCounts(record.decisionNames, checkpoint.decisions) }),
    chunks: checkpoint.chunks,
    setAside: checkpoint.setAside,
    settings: {
      plan: { input: record.plan.input, output: record.plan.output },
      chunkBytes: record.chunkBytes,
      window: options.settings.window,
      transport: job.transport,
      request: batchRequest(job, record.plan),
    },
    startedAt: record.startedAt,
    finishedAt: now.toISOString(),
    seconds: secondsOf(record, now),
  };
}

const secondsOf = (record: BatchRecord, now: Date) =>
  Math.max(0.001, (now.getTime() - Date.parse(record.startedAt)) / 1000);

/** What the job answers, from its receipt: the same whether it was just finished or a kill came in between. */
export function resultOf(receipt: Receipt, output: string): PredictResult {
  const setAside = describeSetAside(receipt);
  const { rows, rejectedByReason, withoutKnownWords, decisions } = receipt;
  const warning = warnWithoutKnownWords(withoutKnownWords, rows.out);
  return {
    rows: rows.out,
    rejected: rows.rejected,
    ...(rejectedByReason && { rejectedByReason }),
    ...(withoutKnownWords && { withoutKnownWords }),
    ...(decisions && { decisions }),
    seconds: receipt.seconds,
    rowsPerSecond: rows.out / receipt.seconds,
    modelVersion: receipt.model.version,
    output,
    ...(receipt.repeatedIds && { repeatedIds: receipt.repeatedIds }),
    ...(setAside !== undefined && { setAside }),
    ...(warning !== undefined && { warnings: [warning] }),
    receipt: receiptPath(output),
  };
}
