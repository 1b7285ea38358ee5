import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { fileDigest } from "@colaml/shared/data/digest";
import { checkUnchanged } from "@colaml/shared/data/input-file";
import { checkJobPath } from "@colaml/shared/data/job-path";
import { ColaError, type ErrorCode, toColaError } from "@colaml/shared/errors/cola-error";
import type { PredictResult } from "@colaml/shared/jobs/predict";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { PredictOptions } from "../predict-options";
import { BatchFolder, type Owner } from "./batch-folder";
import type { BatchRecord } from "./batch-record";
import { bytesOf, firstCheckpoint, limited, openOutputs, recordOf } from "./begin-batch";
import { checkpointSchema } from "./checkpoint";
import { createChunkQueue } from "./chunk-queue";
import { moveIntoPlace, receiptOf, resultOf } from "./finish-batch";
import { type InputSource, openInput } from "./input-source";
import { resultOfEarlierRun, takeFolder } from "./output-claim";
import type { FileJob } from "./plan-batch";
import { BatchRun } from "./run-batch";

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
  if (resolve(job.input.path) === resolve(job.output)) {
    throw new ColaError("OUTPUT_UNWRITABLE", `${job.output} is the input: give another output`);
  }
  const owner: Owner = { jobId: context.jobId, epoch: randomBytes(8).toString("hex") };
  const folder = new BatchFolder(job.output);
  const finished = await resultOfEarlierRun(job, folder, context.jobId);
  if (finished) return finished;
  await takeFolder(job, folder, owner, options, context);
  return withBatch(job, folder, owner, options, context);
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
    source = await openInput(job.input.path);
    const record = await recordOf(job, folder, source, options, context);
    return await runAndFinish(job, folder, owner, record, limited(source, job), options, context);
  } catch (error) {
    const reason: unknown = context.signal.aborted ? context.signal.reason : error;
    if (BEYOND_RESUMING.has(toColaError(reason).code)) await folder.remove();
    throw error;
  } finally {
    await source?.close();
  }
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
  const [output, rejected] = await openOutputs(folder, record, from, options);
  const inputSha256 = fileDigest(job.input.path);
  inputSha256.catch(() => undefined);
  const run = new BatchRun(
    {
      job,
      record,
      owner,
      folder,
      source,
      output,
      rejected,
      bytes: await bytesOf(job, folder, record, source, options),
      queue: createChunkQueue(options.chunks, options.dead, record.id),
      window: options.settings.window,
      inputBytes: record.input.size,
      maxRejected: job.maxRejected,
      context,
      onStep: options.onStep ?? (() => undefined),
    },
    { ...from, outputBytes: output.size, rejectedBytes: rejected.size },
  );
  try {
    const last = from.complete ? from : await run.run();
    await checkUnchanged(job.input.path, record.input);
    const checkpoint = { ...last, complete: true };
    const outputSha256 = await output.finish();
    await rejected.finish();
    await folder.checkOwner(owner);
    await folder.write("checkpoint.json", checkpoint);
    const complete = { job, jobId: context.jobId, record, checkpoint, outputSha256 };
    const facts = {
      inputSha256: await inputSha256,
      chunkWindow: options.settings.window,
      now: options.clock(),
    };
    const receipt = await receiptOf({ ...complete, ...facts }, folder);
    await folder.write("receipt.json", receipt);
    options.onStep?.("complete");
    await moveIntoPlace(folder, job.output, receipt, () => options.onStep?.("renamed"));
    await context.progress({ stage: "score", done: receipt.rows.in, total: receipt.rows.in, unit: "rows" });
    return resultOf(receipt, job.output);
  } catch (error) {
    if (endsForGood(error, context)) await run.withdraw().catch(() => undefined);
    throw error;
  } finally {
    await output.close();
    await rejected.close();
  }
}

/** Whether nobody will ask for the chunks that are out: not so when the job is handed back, lost or tried again. */
function endsForGood(error: unknown, { signal, stopping, attempt, job }: JobContext): boolean {
  if (signal.aborted) return toColaError(signal.reason).code === "JOB_CANCELLED";
  if (stopping.aborted) return false;
  return !toColaError(error).retryable || attempt >= (job.opts.attempts ?? 1);
}
