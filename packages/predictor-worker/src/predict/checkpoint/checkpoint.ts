import { rejectedByReasonSchema } from "@colaml/shared/tables/rejected-by-reason";
import { z } from "zod";

const count = z.number().int().min(0);

/** One chunk of the receipt. */
const chunkEntrySchema = z.strictObject({
  index: count,
  /** Bytes of the (inflated) input. */
  start: count,
  end: count,
  rows: count,
  rejected: count,
  /** Of the part; absent for a chunk that was set aside, and for a record too long to be scored. */
  sha256: z.string().optional(),
});

const setAsideSchema = z.strictObject({
  /** Of the chunk's job, and of the `predict-dead` job that stands for it. */
  id: z.string(),
  index: count,
  start: count,
  end: count,
  firstLine: z.number().int().min(1),
  records: count,
  reason: z.string(),
});

/** Where a batch is: everything before it is on the disk and is not done again. */
export const checkpointSchema = z.strictObject({
  v: z.literal(1),
  /** The next chunk to append, and where its records begin. */
  nextChunk: count,
  inputOffset: count,
  line: z.number().int().min(1),
  /** Records before it; counted only where row numbers are the ids. */
  row: count,
  outputBytes: count,
  rejectedBytes: count,
  rows: count,
  rejected: count,
  /** Absent if an earlier release counted a part of the rows; so is `withoutKnownWords`. */
  rejectedByReason: rejectedByReasonSchema.optional(),
  invalidUtf8: count,
  withoutKnownWords: count.optional(),
  chunks: z.array(chunkEntrySchema),
  setAside: z.array(setAsideSchema),
  /** The output is complete; what is left is to rename it into place. */
  complete: z.boolean(),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;
