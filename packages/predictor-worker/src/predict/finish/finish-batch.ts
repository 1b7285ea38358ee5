import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
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
import { syncFolder, writeDurably, writeOnce } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";
import { isPlaced, moveOutput, type OutputPlace, outputExists } from "@colaml/shared/files/output-gate";
import { batchRequest } from "@colaml/shared/outputs/batch-request";
import { checkPredictionOutput, type PredictionOutput } from "@colaml/shared/outputs/prediction-output";
import type { Checkpoint } from "../checkpoint/checkpoint";
import type { BatchFolder } from "../claim/batch-folder";
import type { BatchRecord } from "../claim/batch-record";
import type { FileJob } from "../plan/plan-batch";

/** What the receipt says of a complete batch. */
export interface CompleteBatch {
  job: FileJob;
  jobId: string;
  record: BatchRecord;
  checkpoint: Checkpoint;
  outputSha256: string;
  repeatedIds: RepeatedIds | undefined;
  /** Of the input file as it lies on the disk. */
  inputSha256: string;
  chunkWindow: number;
  now: Date;
}

/** The receipt, whose fields `verifyReceipt` checks. */
export async function receiptOf(complete: CompleteBatch, folder: BatchFolder): Promise<Receipt> {
  const { job, record, checkpoint, now } = complete;
  const { name, version, manifestSha256 } = record.plan.model;
  const setAside = checkpoint.setAside.reduce((sum, chunk) => sum + chunk.records, 0);
  return {
    v: 1,
    jobId: complete.jobId,
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
    chunks: checkpoint.chunks,
    setAside: checkpoint.setAside,
    settings: {
      plan: { input: record.plan.input, output: record.plan.output },
      chunkBytes: record.chunkBytes,
      window: complete.chunkWindow,
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
  const { rows, rejectedByReason, withoutKnownWords } = receipt;
  const warning = warnWithoutKnownWords(withoutKnownWords, rows.out);
  return {
    rows: rows.out,
    rejected: rows.rejected,
    ...(rejectedByReason && { rejectedByReason }),
    ...(withoutKnownWords && { withoutKnownWords }),
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

/** What the gate for written files has to know of a job. */
export const filesOf = ({ input, output, force }: FileJob): PredictionOutput => ({
  output,
  inputs: [input.path],
  force,
});

/**
 * Puts the files of a complete batch into place: first what belongs to the output, then the output itself. Each
 * step can be done again. What came under one of the names since the batch began stays, unless the job may replace it.
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function moveIntoPlace(
  folder: BatchFolder,
  job: FileJob,
  receipt: Receipt,
  onRenamed: () => void,
): Promise<void> {
  const { output } = job;
  try {
    // behind the output's own move there is nothing left to ask or to move
    if (!(await isPlaced(folder.outputFile, output))) {
      const places = await checkPredictionOutput(filesOf(job), receipt);
      if (receipt.rejectedFile) await moveOutput(folder.rejectedFile, rejectedPath(output), places.rejected);
      else if (places.rejected === "replace") await rm(rejectedPath(output), { force: true });
      await placeReceipt(output, receipt, places.receipt);
      await moveOutput(folder.outputFile, output, places.output).catch(async (error: unknown) => {
        if (receipt.rejectedFile) await rename(rejectedPath(output), folder.rejectedFile);
        await rm(receiptPath(output), { force: true });
        throw error;
      });
    }
    await syncFolder(dirname(output));
  } catch (error) {
    throw outputError(output, error);
  }
  onRenamed();
  await folder.remove();
}

async function placeReceipt(output: string, receipt: Receipt, place: OutputPlace): Promise<void> {
  const bytes = [Buffer.from(`${JSON.stringify(receipt, null, 2)}\n`)];
  if (place === "replace") await writeDurably(receiptPath(output), bytes);
  else if (!(await writeOnce(receiptPath(output), bytes))) throw outputExists(receiptPath(output));
}
