import { createHash, randomBytes } from "node:crypto";
import type { PredictJob } from "@colaml/shared/contracts/predict";
import { chunkPlanSchema } from "@colaml/shared/contracts/predict-chunk";
import { z } from "zod";

/** What a batch does, written down once before its first chunk: who takes it up later does the very same. */
export const batchRecordSchema = z.strictObject({
  v: z.literal(1),
  /** Begins the job ids of its chunks. */
  id: z.string(),
  /** Digest of what was asked for. */
  request: z.string(),
  input: z.strictObject({ size: z.number(), mtimeMs: z.number(), inode: z.number() }),
  plan: chunkPlanSchema,
  /** The class of every text without a word that the model knows; absent in what an earlier release began. */
  labelWithoutTerms: z.string().optional(),
  /** What the model's rule may decide: its classes, and the word for abstaining last; absent if it has no rule. */
  decisionNames: z.array(z.string()).optional(),
  /** Where the first record begins. */
  dataStart: z.number().int().min(0),
  firstLine: z.number().int().min(1),
  chunkBytes: z.number().int().min(1),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
});
export type BatchRecord = z.infer<typeof batchRecordSchema>;

/** Digest of a request: two requests with the same one make the same output from the same input. */
export function requestDigest(job: PredictJob): string {
  // how many rows may be rejected, and whether an output is replaced, changes nothing in it
  const work = { ...job, force: undefined, maxRejected: undefined };
  return createHash("sha256").update(JSON.stringify(work)).digest("hex");
}

/** A new batch. Its id is like no earlier one's, so that chunks left behind by those are never taken for its own. */
export function newBatchRecord(
  job: PredictJob,
  facts: Omit<BatchRecord, "v" | "id" | "request">,
): BatchRecord {
  return { v: 1, id: `b${randomBytes(9).toString("hex")}`, request: requestDigest(job), ...facts };
}
