import { stat } from "node:fs/promises";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import { readReceipt, receiptSchema } from "@colaml/shared/contracts/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";
import { identifyInput } from "@colaml/shared/tables/input-file";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { filesOf, moveIntoPlace, resultOf } from "../finish/finish-batch";
import type { FileJob } from "../plan/plan-batch";
import type { PredictOptions } from "../predict-options";
import type { BatchFolder, Owner } from "./batch-folder";
import { batchRecordSchema, requestDigest } from "./batch-record";

/** A job that was killed between its last rename and its answer is not done again. */
export async function resultOfEarlierRun(
  job: FileJob,
  folder: BatchFolder,
  jobId: string,
): Promise<PredictResult | undefined> {
  const pending = await folder.read("receipt.json", receiptSchema);
  if (pending && pending.jobId === jobId) {
    await moveIntoPlace(folder, job, pending, () => undefined);
    return resultOf(pending, job.output);
  }
  const outputThere = await stat(job.output).catch(() => undefined);
  const receipt = outputThere && (await readReceipt(job.output));
  return receipt && receipt.jobId === jobId ? resultOf(receipt, job.output) : undefined;
}

/**
 * Makes the folder of the output ours, or takes over what an earlier run of the same request left.
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE
 */
export async function takeFolder(
  job: FileJob,
  folder: BatchFolder,
  owner: Owner,
  options: PredictOptions,
  context: JobContext,
): Promise<void> {
  await checkPredictionOutput(filesOf(job));
  if (await folder.claim(owner)) return;
  const holder = await folder.owner();
  if (holder && holder.jobId !== owner.jobId && (await options.isUnfinished(holder.jobId))) {
    throw new ColaError("OUTPUT_BUSY", `job ${holder.jobId} writes ${job.output}: wait for it or cancel it`, {
      details: { id: holder.jobId },
    });
  }
  const record = await folder.read("batch.json", batchRecordSchema);
  const input = await identifyInput(job.input.path);
  const same =
    record?.request === requestDigest(job) && JSON.stringify(record.input) === JSON.stringify(input);
  if (same || holder?.jobId === owner.jobId) {
    await folder.takeOver(owner);
    return;
  }
  context.logger.info("what an earlier job left for this output is thrown away: it was another request");
  await folder.clear();
  if (!(await folder.claim(owner))) throw new ColaError("OUTPUT_BUSY", `another job writes ${job.output}`);
}
