import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import {
  describeRepeatedIds,
  type Receipt,
  receiptPath,
  rejectedPath,
} from "@colaml/shared/contracts/receipt";
import { withVersion } from "@colaml/shared/files/documents";
import { syncFolder, writeDurably, writeOnce } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";
import { isPlaced, moveOutput, type OutputPlace, outputExists } from "@colaml/shared/files/output-gate";
import { checkPredictionOutput, type PredictionOutput } from "@colaml/shared/outputs/prediction-output";
import { checkUnchanged } from "@colaml/shared/tables/input-file";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { Batch, BegunBatch, FileJob } from "../batch";
import type { Checkpoint } from "../checkpoint/checkpoint";
import type { BatchOutput } from "../output/batch-output";
import { buildReceipt, resultOf } from "./receipt";

/**
 * Makes the output last, writes the receipt, and puts both into place.
 *
 * @param checkpoint behind the last chunk
 * @param inputSha256 of the input file as it lies on the disk
 * @throws ColaError INPUT_CHANGED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function finishBatch(
  batch: BegunBatch,
  output: BatchOutput,
  checkpoint: Checkpoint,
  inputSha256: Promise<string>,
): Promise<PredictResult> {
  const { job, record, owner, folder, context, options } = batch;
  await checkUnchanged(job.input.path, record.input);
  const { sha256: outputSha256, repeatedIds } = await output.finish();
  const warning = describeRepeatedIds(repeatedIds);
  if (warning !== undefined) context.logger.warn(warning);
  await folder.checkOwner(owner);
  await folder.write("checkpoint.json", checkpoint);
  const digests = { outputSha256, inputSha256: await inputSha256 };
  const receipt = await buildReceipt({ batch, checkpoint, repeatedIds, ...digests, now: options.clock() });
  await folder.write("receipt.json", receipt);
  options.onStep?.("complete");
  const result = await moveIntoPlace(batch, receipt);
  await context.progress({ stage: "score", done: receipt.rows.in, total: receipt.rows.in, unit: "rows" });
  logResult(result, context);
  return result;
}

/** What a person reads in the log: how many rows were rejected, and why, and what should be looked at. */
function logResult(result: PredictResult, { logger }: JobContext): void {
  const { rows, rejected, rejectedByReason, withoutKnownWords, warnings = [] } = result;
  const facts = { rows, rejected, rejectedByReason, withoutKnownWords: withoutKnownWords?.rows };
  logger.info("prediction is complete", facts);
  const reasons = describeReasons(rejectedByReason);
  if (reasons !== undefined) logger.warn(`${rejected} of ${rows + rejected} rows were rejected: ${reasons}`);
  for (const warning of warnings) logger.warn(warning);
}

/** What the gate for written files has to know of a job. */
export const filesOf = ({ input, output, force }: FileJob): PredictionOutput => ({
  output,
  inputs: [input.path],
  force,
});

/**
 * Puts the files of a complete batch into place and answers with what the receipt says: first what belongs to the output, then the output itself. Each
 * step can be done again. What came under one of the names since the batch began stays, unless the job may replace it.
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function moveIntoPlace(batch: Batch, receipt: Receipt): Promise<PredictResult> {
  const { job, folder, options } = batch;
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
  options.onStep?.("renamed");
  await folder.remove();
  return resultOf(receipt, output);
}

async function placeReceipt(output: string, receipt: Receipt, place: OutputPlace): Promise<void> {
  const bytes = [Buffer.from(`${JSON.stringify(withVersion("receipt", receipt), null, 2)}\n`)];
  if (place === "replace") await writeDurably(receiptPath(output), bytes);
  else if (!(await writeOnce(receiptPath(output), bytes))) throw outputExists(receiptPath(output));
}
