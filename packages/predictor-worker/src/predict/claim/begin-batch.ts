import { labelWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import { checkUnchanged, identifyInput } from "@colaml/shared/tables/input-file";
import type { ByteSource } from "@colaml/shared/tables/ranges";
import type { InputSource } from "@colaml/shared/tables/source";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { compressPart } from "../../predict-chunk/processor";
import { outputHeader } from "../../scoring/output-columns";
import { REJECTED_HEADER } from "../../scoring/rejected-lines";
import type { BatchBytes } from "../../transport/chunk-transport";
import { createFileBatch } from "../../transport/file-transport";
import { createRedisBatch } from "../../transport/redis-transport";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { RepeatedIdFinder } from "../ids/repeated-ids";
import { GrowingFile } from "../output/batch-output";
import type { BatchParts } from "../plan/batch-parts";
import { type FileJob, planBatch } from "../plan/plan-batch";
import type { PredictOptions } from "../predict-options";
import type { BatchFolder } from "./batch-folder";
import { type BatchRecord, batchRecordSchema, newBatchRecord } from "./batch-record";

/** Small files are cut so that every worker of a usual machine gets a chunk or two. */
const LEAST_CHUNKS = 8;
const LEAST_CHUNK_BYTES = 65_536;
/** Chunks that lie in Redis are smaller: the window times a chunk and its part is what Redis holds. */
const MOST_IN_REDIS = 2_097_152;

/** The batch as it was begun, or a new one: the model's version is decided here and kept. */
export async function recordOf(
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
  const { bundle, classifier } = await options.models.load(pinned);
  const { plan, dataStart, firstLine, note } = await planBatch(job, source, bundle, pinned);
  if (note !== undefined) context.logger.info(note);
  const chunkBytes = Math.min(
    options.settings.chunkBytes,
    job.transport === "redis" ? MOST_IN_REDIS : Number.POSITIVE_INFINITY,
    Math.max(LEAST_CHUNK_BYTES, Math.ceil(input.size / LEAST_CHUNKS)),
  );
  const startedAt = options.clock().toISOString();
  const answer = labelWithoutTerms(classifier);
  const facts = { input, plan, labelWithoutTerms: answer, dataStart, firstLine, chunkBytes, startedAt };
  const record = newBatchRecord(job, facts);
  context.logger.info("prediction starts", { model: pinned.name, version: pinned.version, batch: record.id });
  await folder.write("batch.json", record);
  return record;
}

/** Where a batch is before its first chunk. */
export function firstCheckpoint(job: FileJob, record: BatchRecord): Checkpoint {
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
    rejectedByReason: {},
    invalidUtf8: 0,
    withoutKnownWords: 0,
    chunks: [],
    setAside: [],
    complete: false,
  };
}

/** What a batch writes to as it goes. */
export type BatchOutputs = Pick<BatchParts, "output" | "rejected" | "repeatedIds">;

/** The output and the rejected file as far as `from` covers them; with their headers where nothing is written yet. */
export async function openOutputs(
  folder: BatchFolder,
  { plan }: BatchRecord,
  from: Checkpoint,
  options: PredictOptions,
): Promise<BatchOutputs> {
  const output = await GrowingFile.open(folder.outputFile, from.outputBytes);
  const rejected = await GrowingFile.open(folder.rejectedFile, from.rejectedBytes);
  const repeatedIds = plan.input.id && new RepeatedIdFinder(plan, folder.path);
  if (from.nextChunk === 0) {
    const { bundle } = await options.models.load(plan.model);
    const header = Buffer.from(outputHeader(plan.output, bundle.classes));
    const written = Buffer.from(await compressPart(header, plan.output.compression));
    await output.append(written);
    await rejected.append(Buffer.from(REJECTED_HEADER));
    await repeatedIds?.add(written);
  } else await repeatedIds?.addFile(output.path, output.size);
  return { output, rejected, repeatedIds };
}

/** Closes what `openOutputs` opened. */
export async function closeOutputs({ output, rejected, repeatedIds }: BatchOutputs): Promise<void> {
  await output.close();
  await rejected.close();
  repeatedIds?.close();
}

/** How the bytes of the batch get to its workers and back. */
export async function bytesOf(
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
export function limited(source: InputSource, { range }: FileJob): InputSource {
  if (!range) return source;
  const read: ByteSource["read"] = (offset, length) =>
    source.read(offset, Math.max(0, Math.min(length, range.end - offset)));
  return { ranges: source.ranges, read, close: () => source.close() };
}
