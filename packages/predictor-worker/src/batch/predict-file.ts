import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileDigest } from "@colaml/shared/data/digest";
import { checkUnchanged, identifyInput } from "@colaml/shared/data/input-file";
import { checkJobPath } from "@colaml/shared/data/job-path";
import { readReceipt, receiptSchema } from "@colaml/shared/data/receipt";
import { ColaError, type ErrorCode, toColaError } from "@colaml/shared/errors/cola-error";
import type { PredictResult } from "@colaml/shared/jobs/predict";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { compressPart } from "../chunk-processor";
import type { PredictOptions } from "../predict-options";
import type { ByteSource } from "../records/chunk-borders";
import { outputHeader } from "../scoring/output-columns";
import { REJECTED_HEADER } from "../scoring/rejected-lines";
import type { BatchBytes } from "../transport/chunk-transport";
import { createFileBatch } from "../transport/file-transport";
import { createRedisBatch } from "../transport/redis-transport";
import { BatchFolder, type Owner } from "./batch-folder";
import { GrowingFile } from "./batch-output";
import { type BatchRecord, batchRecordSchema, newBatchRecord, requestDigest } from "./batch-record";
import { type Checkpoint, checkpointSchema } from "./checkpoint";
import { createChunkQueue } from "./chunk-queue";
import { moveIntoPlace, receiptOf, resultOf } from "./finish-batch";
import { type InputSource, openInput } from "./input-source";
import { type FileJob, planBatch } from "./plan-batch";
import { BatchRun } from "./run-batch";

/** Small files are cut so that every worker of a usual machine gets a chunk or two. */
const LEAST_CHUNKS = 8;
const LEAST_CHUNK_BYTES = 65_536;

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

/** A job that was killed between its last rename and its answer is not done again. */
async function resultOfEarlierRun(
  job: FileJob,
  folder: BatchFolder,
  jobId: string,
): Promise<PredictResult | undefined> {
  const pending = await folder.read("receipt.json", receiptSchema);
  if (pending && pending.jobId === jobId) {
    await moveIntoPlace(folder, job.output, pending, () => undefined);
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
async function takeFolder(
  job: FileJob,
  folder: BatchFolder,
  owner: Owner,
  options: PredictOptions,
  context: JobContext,
): Promise<void> {
  const there = await stat(job.output).catch(() => undefined);
  if (there?.isDirectory()) throw new ColaError("OUTPUT_UNWRITABLE", `${job.output} is a folder`);
  if (there && !job.force) {
    throw new ColaError("OUTPUT_EXISTS", `${job.output} exists: use --force to replace it, or another name`);
  }
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
  await folder.remove();
  if (!(await folder.claim(owner))) throw new ColaError("OUTPUT_BUSY", `another job writes ${job.output}`);
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

/** The batch as it was begun, or a new one: the model's version is decided here and kept. */
async function recordOf(
  job: FileJob,
  folder: BatchFolder,
  source: InputSource,
  options: PredictOptions,
  context: JobContext,
): Promise<BatchRecord> {
  const known = await folder.read("batch.json", batchRecordSchema);
  if (known) {
    await checkUnchanged(job.input.path, known.input);
    return known;
  }
  const input = await identifyInput(job.input.path);
  const pinned = await options.models.resolve(job.model);
  const { bundle } = await options.models.load(pinned);
  const { plan, dataStart, firstLine } = await planBatch(job, source, bundle, pinned);
  const chunkBytes = Math.min(
    options.settings.chunkBytes,
    Math.max(LEAST_CHUNK_BYTES, Math.ceil(input.size / LEAST_CHUNKS)),
  );
  const startedAt = options.clock().toISOString();
  const record = newBatchRecord({ job, input, plan, dataStart, firstLine, chunkBytes, startedAt });
  context.logger.info("prediction starts", { model: pinned.name, version: pinned.version, batch: record.id });
  await folder.write("batch.json", record);
  return record;
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
function endsForGood(error: unknown, { signal, stopping }: JobContext): boolean {
  if (signal.aborted) return toColaError(signal.reason).code === "JOB_CANCELLED";
  return !stopping.aborted && !toColaError(error).retryable;
}

function firstCheckpoint(job: FileJob, record: BatchRecord): Checkpoint {
  const { start, firstLine, firstRow } = job.range ?? {
    start: record.dataStart,
    firstLine: record.firstLine,
    firstRow: 0,
  };
  return {
    v: 1,
    nextChunk: 0,
    inputOffset: start,
    line: firstLine,
    row: firstRow,
    outputBytes: 0,
    rejectedBytes: 0,
    rows: 0,
    rejected: 0,
    invalidUtf8: 0,
    chunks: [],
    setAside: [],
    complete: false,
  };
}

async function openOutputs(
  folder: BatchFolder,
  record: BatchRecord,
  from: Checkpoint,
  options: PredictOptions,
): Promise<[GrowingFile, GrowingFile]> {
  const output = await GrowingFile.open(folder.outputFile, from.outputBytes);
  const rejected = await GrowingFile.open(folder.rejectedFile, from.rejectedBytes);
  if (from.nextChunk === 0) {
    const { bundle } = await options.models.load(record.plan.model);
    const header = Buffer.from(outputHeader(record.plan.output, bundle.classes));
    await output.append(await compressPart(header, record.plan.output.compression));
    await rejected.append(Buffer.from(REJECTED_HEADER));
  }
  return [output, rejected];
}

async function bytesOf(
  job: FileJob,
  folder: BatchFolder,
  record: BatchRecord,
  source: InputSource,
  { redis }: PredictOptions,
): Promise<BatchBytes> {
  if (job.transport === "redis") return createRedisBatch(redis.connection, redis.prefix, record.id);
  return createFileBatch(folder.partsFolder, { path: job.input.path, shared: source.ranges });
}

/** The input up to the end of the range that the job is limited to. */
function limited(source: InputSource, { range }: FileJob): InputSource {
  if (!range) return source;
  const read: ByteSource["read"] = (offset, length) =>
    source.read(offset, Math.max(0, Math.min(length, range.end - offset)));
  return { ranges: source.ranges, read, close: () => source.close() };
}
