import { modelNameOf } from "@colaml/shared/contracts/names";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import { toColaError } from "@colaml/shared/errors/cola-error";
import { meaningOf } from "@colaml/shared/errors/error-table";
import { fileDigest } from "@colaml/shared/files/digest";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { rememberOutput } from "@colaml/shared/queue/latest-predictions";
import { type InputSource, openInput } from "@colaml/shared/tables/source";
import { tableOptions } from "@colaml/shared/tables/table-options";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { type Batch, type BegunBatch, createBatch, type FileJob } from "./batch";
import { readCheckpoint } from "./checkpoint/checkpoint";
import { claimOutput, findEarlierResult, findResultOfOther } from "./claim/claim-output";
import { finishBatch } from "./finish/finish-batch";
import { batchRecordSchema } from "./folder/batch-record";
import { BatchOutput } from "./output/batch-output";
import { limitSource, openRecord } from "./plan/open-record";
import type { PredictOptions } from "./predict-options";
import { BatchRun } from "./run-batch";

/**
 * Takes a file job from the state it is in to its end, and remembers its output as the latest of its model. README.md in
 * this folder has the states.
 */
export async function predictFile(
  job: FileJob,
  context: JobContext,
  options: PredictOptions,
): Promise<PredictResult> {
  const result = await predictToItsEnd(job, context, options);
  const { connection, prefix } = options.redis;
  const latest = { path: job.output, at: options.clock().getTime() };
  await rememberOutput(connection, prefix, modelNameOf(job.model), latest);
  return result;
}

async function predictToItsEnd(
  job: FileJob,
  context: JobContext,
  options: PredictOptions,
): Promise<PredictResult> {
  const { dataDir } = options.settings;
  for (const path of [job.input.path, job.output]) await checkJobPath(dataDir, path);
  const batch = createBatch(job, context, options);
  const finished = await findEarlierResult(batch);
  if (finished) return finished;
  options.onStep?.("claiming");
  try {
    await claimOutput(batch);
    return await takeToItsEnd(batch);
  } catch (error) {
    const overtaken = context.signal.aborted ? undefined : await findResultOfOther(batch, error);
    if (overtaken) return overtaken;
    throw error;
  }
}

/**
 * Puts away what earlier attempts left of a job that is not run again: its chunks, and after a cancellation its files,
 * too. The context's signal is aborted with the reason.
 */
export async function abandonFile(job: FileJob, context: JobContext, options: PredictOptions): Promise<void> {
  const batch = createBatch(job, context, options);
  const { folder, owner } = batch;
  await folder.abandonDraft(owner.jobId);
  if ((await folder.readOwner())?.jobId !== context.jobId) return;
  await folder.takeOver(owner);
  const isBegun = (await folder.read("batch.json", batchRecordSchema)) !== undefined;
  if (!isBegun) return folder.remove();
  // It ends before its first chunk, the way a batch ends that is cancelled while it runs.
  await takeToItsEnd(batch).catch((error: unknown) => {
    if (error !== context.signal.reason) throw error;
  });
}

/** Opens the input and the plan, runs the batch and finishes it. A folder that nobody can resume is removed. */
async function takeToItsEnd(batch: Batch): Promise<PredictResult> {
  const { job, folder, context } = batch;
  let source: InputSource | undefined;
  try {
    source = await openInput(tableOptions(job.input));
    const record = await openRecord(batch, source);
    return await runAndFinish({ ...batch, record, source: limitSource(source, job) });
  } catch (error) {
    const reason: unknown = context.signal.aborted ? context.signal.reason : error;
    if (meaningOf(toColaError(reason).code).voidsBatch || !(await hasBegun(batch))) await folder.remove();
    throw error;
  } finally {
    await source?.close();
  }
}

/** Whether there is something to resume, or to leave in place because another worker has taken it over. */
async function hasBegun({ folder, owner }: Batch): Promise<boolean> {
  if ((await folder.read("batch.json", batchRecordSchema)) !== undefined) return true;
  return (await folder.readOwner())?.epoch !== owner.epoch;
}

async function runAndFinish(batch: BegunBatch): Promise<PredictResult> {
  const { job, context } = batch;
  const from = await readCheckpoint(batch);
  if (from.nextChunk > 0) {
    const facts = { row: from.rows + from.rejected, chunk: from.nextChunk };
    context.logger.info(`resuming behind row ${facts.row}: what is written is not scored again`, facts);
  }
  const output = await BatchOutput.open(batch, from);
  try {
    const run = await BatchRun.open(batch, output, from);
    // beside the scoring: it is bound by the disk
    const inputSha256 = fileDigest(job.input.path);
    inputSha256.catch(() => undefined);
    try {
      const last = from.complete ? from : await run.run();
      return await finishBatch(batch, output, { ...last, complete: true }, inputSha256);
    } catch (error) {
      if (endsForGood(error, context)) await run.withdraw().catch(() => undefined);
      throw error;
    }
  } finally {
    await output.close();
  }
}

/** Whether nobody will ask for the chunks that are out: not so when the job is handed back, lost or retried. */
function endsForGood(error: unknown, { signal, stopping, attempt, attempts }: JobContext): boolean {
  if (signal.aborted) return ["JOB_CANCELLED", "JOB_FAILED"].includes(toColaError(signal.reason).code);
  if (stopping.aborted) return false;
  return !toColaError(error).retryable || attempt >= attempts;
}
