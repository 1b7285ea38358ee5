import { labelWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import { checkOutputBuffer } from "@colaml/shared/queue/output-buffer-limit";
import { checkUnchanged, identifyInput } from "@colaml/shared/tables/input-file";
import type { ByteSource } from "@colaml/shared/tables/ranges";
import type { InputSource } from "@colaml/shared/tables/source";
import type { Batch, FileJob } from "../batch";
import { type BatchRecord, batchRecordSchema, newBatchRecord } from "../folder/batch-record";
import { planBatch } from "./plan-batch";

/** Small files are cut so that every worker of a usual machine gets a chunk or two. */
const LEAST_CHUNKS = 8;
const LEAST_CHUNK_BYTES = 65_536;
/** Chunks that lie in Redis are smaller: the window times a chunk and its part is what Redis holds. */
const MOST_IN_REDIS = 2_097_152;

/**
 * The batch as it was begun, or a new one: the model's version is decided here and kept.
 *
 * @throws ColaError INPUT_CHANGED, and what `planBatch` throws
 */
export async function openRecord(batch: Batch, source: InputSource): Promise<BatchRecord> {
  const { job, folder } = batch;
  const known = await folder.read("batch.json", batchRecordSchema);
  if (known === undefined) return beginRecord(batch, source);
  await checkUnchanged(job.input.path, known.input);
  return known;
}

async function beginRecord(batch: Batch, source: InputSource): Promise<BatchRecord> {
  const { job, folder, context, options } = batch;
  const input = await identifyInput(job.input.path);
  const pinned = await options.models.resolve(job.model);
  const { bundle, classifier } = await options.models.load(pinned);
  const { plan, dataStart, firstLine, note } = await planBatch(job, source, bundle, pinned);
  if (note !== undefined) context.logger.info(note);
  const chunkBytes = chooseChunkBytes(batch, input.size);
  if (job.transport === "redis")
    await checkOutputBuffer(
      options.redis.connection,
      chunkBytes,
      "give a smaller COLAML_CHUNK_BYTES or transport: file",
    );
  const startedAt = options.clock().toISOString();
  const answers = {
    labelWithoutTerms: labelWithoutTerms(classifier),
    ...(classifier.decider && { decisionNames: [...classifier.decider.names] }),
  };
  const facts = { input, plan, ...answers, dataStart, firstLine, chunkBytes, startedAt };
  const record = newBatchRecord(job, facts);
  context.logger.info("prediction starts", { model: pinned.name, version: pinned.version, batch: record.id });
  // One without its record is of another plan, and perhaps of another version of the model.
  await folder.dropCheckpoint();
  await folder.write("batch.json", record);
  return record;
}

function chooseChunkBytes({ job, options }: Batch, inputBytes: number): number {
  return Math.min(
    options.settings.chunkBytes,
    job.transport === "redis" ? MOST_IN_REDIS : Number.POSITIVE_INFINITY,
    Math.max(LEAST_CHUNK_BYTES, Math.ceil(inputBytes / LEAST_CHUNKS)),
  );
}

/** The input up to the end of the range that the job is limited to. */
export function limitSource(source: InputSource, { range }: FileJob): InputSource {
  if (!range) return source;
  const read: ByteSource["read"] = (offset, length) =>
    source.read(offset, Math.max(0, Math.min(length, range.end - offset)));
  return { ranges: source.ranges, read, close: () => source.close() };
}
