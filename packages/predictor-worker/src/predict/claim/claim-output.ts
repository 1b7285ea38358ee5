import { stat } from "node:fs/promises";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import { readReceipt, receiptSchema } from "@colaml/shared/contracts/receipt";
import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { checkPredictionOutput } from "@colaml/shared/outputs/prediction-output";
import { identifyInput } from "@colaml/shared/tables/input-file";
import type { Batch } from "../batch";
import { filesOf, moveIntoPlace } from "../finish/finish-batch";
import { resultOf } from "../finish/receipt";
import { batchRecordSchema, requestDigest } from "../folder/batch-record";

/** The result of a job that was killed between its receipt and its answer: it is not done again. */
export async function findEarlierResult(batch: Batch): Promise<PredictResult | undefined> {
  const { folder, owner } = batch;
  const pending = await folder.read("receipt.json", receiptSchema);
  if (pending && pending.jobId === owner.jobId) return moveIntoPlace(batch, pending);
  return findPlacedResult(batch);
}

/** The result of this job that is in its place already. */
async function findPlacedResult({ job, owner }: Batch): Promise<PredictResult | undefined> {
  const outputThere = await stat(job.output).catch(() => undefined);
  const receipt = outputThere && (await readReceipt(job.output));
  return receipt && receipt.jobId === owner.jobId ? resultOf(receipt, job.output) : undefined;
}

/**
 * The result of another attempt at the same job that was believed to have ended, but ran to its end: the folder went with
 * it, while this attempt worked in it or before it had one; or this attempt made a new folder and found the name taken.
 *
 * @param error what this attempt failed of
 */
export async function findResultOfOther(batch: Batch, error: unknown): Promise<PredictResult | undefined> {
  const { folder, owner } = batch;
  const isMine = (await folder.readOwner())?.epoch === owner.epoch;
  if (!isMine) return findEarlierResult(batch).catch(() => undefined);
  if (toColaError(error).code !== "OUTPUT_EXISTS") return undefined;
  const placed = await findPlacedResult(batch).catch(() => undefined);
  if (placed) await folder.remove();
  return placed;
}

/**
 * Makes the folder of the output ours, or takes over what an earlier run of the same request left.
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_BUSY, OUTPUT_UNWRITABLE
 */
export async function claimOutput({ job, folder, owner, context, options }: Batch): Promise<void> {
  await checkPredictionOutput(filesOf(job));
  if (await folder.claim(owner)) return;
  const holder = await folder.readOwner();
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
