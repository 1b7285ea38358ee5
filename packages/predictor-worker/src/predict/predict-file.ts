import { randomBytes } from "node:crypto";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import { describeRepeatedIds } from "@colaml/shared/contracts/receipt";
import { type ErrorCode, toColaError } from "@colaml/shared/errors/cola-error";
import { fileDigest } from "@colaml/shared/files/digest";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { checkUnchanged } from "@colaml/shared/tables/input-file";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import { type InputSource, openInput } from "@colaml/shared/tables/source";
import { tableOptions } from "@colaml/shared/tables/table-options";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { type Checkpoint, checkpointSchema } from "./checkpoint/checkpoint";
import { BatchFolder, type Owner } from "./claim/batch-folder";
import { type BatchRecord, batchRecordSchema } from "./claim/batch-record";
import { bytesOf, closeOutputs, firstCheckpoint, limited, openOutputs, recordOf } from "./claim/begin-batch";
import { resultOfEarlierRun, takeFolder } from "./claim/output-claim";
import { moveIntoPlace, receiptOf, resultOf } from "./finish/finish-batch";
import type { BatchParts } from "./plan/batch-parts";
import type { FileJob } from "./plan/plan-batch";
import type { PredictOptions } from "./predict-options";
import { BatchRun } from "./run-batch";
import { createChunkQueue } from "./window/chunk-queue";
import { sayFull } from "./window/when-room";

/** Failures after which the same request cannot go on where it stopped: what was made is thrown away. */
const BEYOND_RESUMING: ReadonlySet<ErrorCode> = new Set([
  "JOB_CANCELLED",
  "INPUT_CHANGED",
  "INPUT_NOT_FOUND",
  "INPUT_UNREADABLE",
  "INPUT_EMPTY",
  "INPUT_TOO_LARGE",
  "COLUMN_NOT_FOUND",
  "TOO_MANY_REJECTED",
  "MODEL_CORRUPT",
  "MODEL_NOT_FOUND",
  "MODEL_MISMATCH",
]);

/** Takes a file job from where it is to its end. */
export async function predictFile(
  job: FileJob,
  context: JobContext,
  options: PredictOptions,
): Promise<PredictResult> {
  const { dataDir } = options.settings;
  for (const path of [job.input.path, job.output]) await checkJobPath(dataDir, path);
  const owner: Owner = { jobId: context.jobId, epoch: randomBytes(8).toString("hex") };
  const folder = new BatchFolder(job.output);
  const finished = await resultOfEarlierRun(job, folder, context.jobId);
  if (finished) return finished;
  await takeFolder(job, folder, owner, options, context);
  try {
    return await withBatch(job, folder, owner, options, context);
  } catch (error) {
    const overtaken = context.signal.aborted ? undefined : await resultOfOther(job, folder, owner);
    if (overtaken) return overtaken;
    throw error;
  }
}

/**
 * The result of another attempt at the same job that was taken for dead, went on all the same and came to the end:
 * the folder went with it, under the feet of this one.
 */
async function resultOfOther(
  job: FileJob,
  folder: BatchFolder,
  owner: Owner,
): Promise<PredictResult | undefined> {
  if ((await folder.owner())?.epoch === owner.epoch) return undefined;
  return resultOfEarlierRun(job, folder, owner.jobId).catch(() => undefined);
}

/**
 * Puts away what earlier attempts at a job left that is not run again: its chunks, and after a cancellation its files,
 * too. The context's signal is aborted with the reason.
 */
export async function abandonFile(job: FileJob, context: JobContext, options: PredictOptions): Promise<void> {
  const folder = new BatchFolder(job.output);
  if ((await folder.owner())?.jobId !== context.jobId) return;
  const owner: Owner = { jobId: context.jobId, epoch: randomBytes(8).toString("hex") };
  await folder.takeOver(owner);
  const isBegun = (await folder.read("batch.json", batchRecordSchema)) !== undefined;
  if (!isBegun) return folder.remove();
  // It ends before its first chunk, the way a batch ends that is cancelled while it runs.
  await withBatch(job, folder, owner, options, context).catch((error: unknown) => {
    if (error !== context.signal.reason) throw error;
  });
}

async function withBatch(
  job: FileJob,
  folder: BatchFolder,
  owner: Owner,
  options: PredictOptions,
  context: JobContext,
): Promise<PredictResult> {
  let source: InputSource | undefined;
  try {
    source = await openInput(tableOptions(job.input));
    const record = await recordOf(job, folder, source, options, context);
    return await runAndFinish(job, folder, owner, record, limited(source, job), options, context);
  } catch (error) {
    const reason: unknown = context.signal.aborted ? context.signal.reason : error;
    if (BEYOND_RESUMING.has(toColaError(reason).code) || !(await hasBegun(folder, owner)))
      await folder.remove();
    throw error;
  } finally {
    await source?.close();
  }
}

/** Whether there is something to go on from, or to leave alone because another worker has taken it over. */
async function hasBegun(folder: BatchFolder, owner: Owner): Promise<boolean> {
  if ((await folder.read("batch.json", batchRecordSchema)) !== undefined) return true;
  return (await folder.owner())?.epoch !== owner.epoch;
}

async function runAndFinish(
  job: FileJob,
  folder: BatchFolder,
  owner: Owner,
  record: BatchRecord,
  source: InputSource,
  options: PredictOptions,
  context: JobContext,
): Promise<PredictResult> {
  const from = (await folder.read("checkpoint.json", checkpointSchema)) ?? firstCheckpoint(job, record);
  if (from.nextChunk > 0) {
    const facts = { row: from.rows + from.rejected, chunk: from.nextChunk };
    context.logger.info(`resuming behind row ${facts.row}: what is written is not scored again`, facts);
  }
  const outputs = await openOutputs(folder, record, from, options);
  const parts: BatchParts = {
    job,
    record,
    owner,
    folder,
    source,
    ...outputs,
    bytes: await bytesOf(job, folder, record, source, options),
    queue: createChunkQueue(options.chunks, options.dead, record.id, () => sayFull(context.logger)),
    window: options.settings.window,
    inputBytes: record.input.size,
    maxRejected: job.maxRejected,
    context,
    onStep: options.onStep ?? (() => undefined),
  };
  const { output, rejected } = outputs;
  const run = new BatchRun(parts, { ...from, outputBytes: output.size, rejectedBytes: rejected.size });
  // beside the scoring: it is bound by the disk
  const inputSha256 = fileDigest(job.input.path);
  inputSha256.catch(() => undefined);
  try {
    const last = from.complete ? from : await run.run();
    return await complete(parts, { ...last, complete: true }, inputSha256, options.clock);
  } catch (error) {
    if (endsForGood(error, context)) await run.withdraw().catch(() => undefined);
    throw error;
  } finally {
    await closeOutputs(outputs);
  }
}

/** Makes the output last, writes the receipt, and puts both into place. */
async function complete(
  parts: BatchParts,
  checkpoint: Checkpoint,
  inputSha256: Promise<string>,
  clock: () => Date,
): Promise<PredictResult> {
  const { job, record, owner, folder, output, rejected, repeatedIds, window, context, onStep } = parts;
  await checkUnchanged(job.input.path, record.input);
  const outputSha256 = await output.finish();
  await rejected.finish();
  const repeated = await repeatedIds?.finish(output.path, output.size);
  const warning = describeRepeatedIds(repeated);
  if (warning !== undefined) context.logger.warn(warning);
  await folder.checkOwner(owner);
  await folder.write("checkpoint.json", checkpoint);
  const finished = { job, jobId: context.jobId, record, checkpoint, outputSha256, repeatedIds: repeated };
  const facts = { inputSha256: await inputSha256, chunkWindow: window, now: clock() };
  const receipt = await receiptOf({ ...finished, ...facts }, folder);
  await folder.write("receipt.json", receipt);
  onStep("complete");
  await moveIntoPlace(folder, job, receipt, () => onStep("renamed"));
  await context.progress({ stage: "score", done: receipt.rows.in, total: receipt.rows.in, unit: "rows" });
  const result = resultOf(receipt, job.output);
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

/** Whether nobody will ask for the chunks that are out: not so when the job is handed back, lost or tried again. */
function endsForGood(error: unknown, { signal, stopping, attempt, job }: JobContext): boolean {
  if (signal.aborted) return ["JOB_CANCELLED", "JOB_FAILED"].includes(toColaError(signal.reason).code);
  if (stopping.aborted) return false;
  return !toColaError(error).retryable || attempt >= (job.opts.attempts ?? 1);
}
