import { stat } from "node:fs/promises";
import { chunkEntrySchema, setAsideChunkSchema } from "@colaml/shared/contracts/receipt";
import { rejectedByReasonSchema } from "@colaml/shared/tables/rejected-by-reason";
import { z } from "zod";
import type { BegunBatch } from "../batch";
import type { ChunkPlace } from "../plan/chunk-cursor";
import { type ChunkCounts, sumCounts } from "./chunk-counts";

const count = z.number().int().min(0);

const fieldsSchema = z.strictObject({
  v: z.literal(1),
  /** The next chunk to append, and where its records begin. */
  nextChunk: count,
  inputOffset: count,
  line: z.number().int().min(1),
  /** Records before it; counted only if row numbers are the ids. */
  row: count,
  outputBytes: count,
  rejectedBytes: count,
  rows: count,
  rejected: count,
  /** Absent if an earlier release counted a part of the rows; so is `withoutKnownWords`. */
  rejectedByReason: rejectedByReasonSchema.optional(),
  invalidUtf8: count,
  withoutKnownWords: count.optional(),
  /** Rows of each decision; absent without a row, and if the model has no decision rule. */
  decisions: z.array(count).optional(),
  chunks: z.array(chunkEntrySchema),
  setAside: z.array(setAsideChunkSchema),
  /** The output is complete; what is left is to rename it into place. */
  complete: z.boolean(),
});
export type Checkpoint = z.infer<typeof fieldsSchema>;

/** How far a batch is: everything before it is on the disk and is not done again. It fits its own list of chunks. */
export const checkpointSchema = fieldsSchema.refine(fitsChunks, "it does not fit its chunks");

function fitsChunks({ chunks, nextChunk, inputOffset, rows, rejected }: Checkpoint): boolean {
  const last = chunks.at(-1);
  if (last === undefined) return nextChunk === 0 && rows === 0 && rejected === 0;
  const sum = (key: "rows" | "rejected") => chunks.reduce((all, chunk) => all + chunk[key], 0);
  return (
    last.index + 1 === nextChunk &&
    last.end === inputOffset &&
    sum("rows") === rows &&
    sum("rejected") === rejected
  );
}

/**
 * How far the batch is by what is on the disk. If that has lost bytes of the output, the batch begins anew, which is
 * logged.
 */
export async function readCheckpoint(batch: BegunBatch): Promise<Checkpoint> {
  const { folder, context } = batch;
  const known = await folder.read("checkpoint.json", checkpointSchema);
  if (known === undefined) return firstCheckpoint(batch);
  const files = [
    [folder.outputFile, known.outputBytes],
    [folder.rejectedFile, known.rejectedBytes],
  ] as const;
  for (const [path, bytes] of files) {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size >= bytes) continue;
    const fault = `${path} has ${size} bytes, its checkpoint says ${bytes}`;
    context.logger.warn(`${fault}: the disk lost some, and all is scored again`);
    return firstCheckpoint(batch);
  }
  return known;
}

function firstCheckpoint({ job, record }: BegunBatch): Checkpoint {
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

/** How far a batch is behind one more chunk. The list of chunks, which may be long, is not copied but grows. */
export function advance(
  before: Checkpoint,
  chunk: ChunkPlace,
  counts: ChunkCounts & { sha256?: string },
  sizes: Pick<Checkpoint, "outputBytes" | "rejectedBytes">,
): Checkpoint {
  const { index, start, end } = chunk;
  const { rows, rejected, sha256 } = counts;
  before.chunks.push({ index, start, end, rows, rejected, ...(sha256 !== undefined && { sha256 }) });
  return {
    ...before,
    nextChunk: index + 1,
    inputOffset: end,
    line: chunk.firstLine + chunk.lines,
    row: chunk.firstRow + chunk.records,
    ...sizes,
    ...sumCounts(before, counts),
  };
}
