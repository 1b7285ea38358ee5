import { z } from "zod";
import { MAX_CHUNK_BYTES } from "../settings/predict-settings";
import { safeName } from "../settings/safe-name";
import { FILE_FORMATS, MAX_COLUMNS, MISSING_VALUES, QUOTE_ESCAPES } from "../settings/table-values";
import { type RejectedByReason, rejectedByReasonSchema } from "../tables/rejected-by-reason";
import type { MadeBy } from "./made-by";
import { filePath } from "./names";
import type { PredictJobInput } from "./predict";

/** A field of the input: by its place in a delimited file, by its name in NDJSON (place -1). */
const fieldSchema = z.strictObject({ name: z.string().max(256), place: z.number().int().min(-1) });
export type FieldRef = z.infer<typeof fieldSchema>;

const format = z.enum(FILE_FORMATS);

/** How every chunk of a batch is read and written: the same for all of them. */
export const chunkPlanSchema = z.strictObject({
  input: z.strictObject({
    format,
    /** Byte that ends a line. */
    newline: z.union([z.literal(10), z.literal(13)]),
    /** Byte between fields; absent (a plan of release 0.1): the format's own. */
    delimiter: z.number().int().min(1).max(127).optional(),
    /** Byte around quoted fields, -1: none; absent (a plan of release 0.1): `"`, and none in NDJSON. */
    quote: z.number().int().min(-1).max(127).optional(),
    /** Absent: doubled. */
    quoteEscape: z.enum(QUOTE_ESCAPES).optional(),
    /** Which texts count as missing; absent (a plan of release 0.1): only blank ones. */
    missingValues: z.enum(MISSING_VALUES).optional(),
    /** Fields a record must have; 0 in NDJSON. */
    fields: z.number().int().min(0).max(MAX_COLUMNS),
    text: fieldSchema,
    /** Further fields that are joined behind `text`, in order; absent: none. */
    moreTexts: z.array(fieldSchema).min(1).max(255).optional(),
    /** Absent: row numbers are the ids. */
    id: fieldSchema.optional(),
  }),
  output: z.strictObject({
    format,
    /** Parts are compressed one by one: their concatenation is one valid file. */
    compression: z.enum(["none", "gzip", "zstd"]),
    passThrough: z.array(fieldSchema).max(256),
    explain: z.number().int().min(0).max(20),
    spreadsheetSafe: z.boolean(),
  }),
  /** The registry version the batch is pinned to: what `loadModel` needs, from the cache or from MLflow. */
  model: z.strictObject({
    name: safeName,
    version: z.string().regex(/^\d{1,9}$/),
    runId: z.string().max(256),
    source: z.string().max(2048),
    manifestSha256: z.string().max(64),
  }),
});
export type ChunkPlan = z.infer<typeof chunkPlanSchema>;

/** The fields that make a record's text, in order. */
export function textFieldsOf({
  text,
  moreTexts = [],
}: Pick<ChunkPlan["input"], "text" | "moreTexts">): FieldRef[] {
  return [text, ...moreTexts];
}

/** A range reaches a little beyond the size of a chunk: at most twice, and a long record. */
const MAX_RANGE_BYTES = 4 * MAX_CHUNK_BYTES;

const isRange = (bytes: number) => bytes >= 0 && bytes <= MAX_RANGE_BYTES;

/** Whether each place is that of a field: another one would be read from what lies beside the record. */
function hasItsFields({ plan }: { plan: ChunkPlan }): boolean {
  const { input, output } = plan;
  if (input.format === "ndjson") return true;
  const places = [...textFieldsOf(input), ...(input.id ? [input.id] : []), ...output.passThrough];
  return places.every(({ place }) => place >= 0 && place < input.fields);
}

/**
 * Payload of a `predict-chunk` job, version 1: a stretch of whole records and where its result goes. What it
 * writes depends on nothing else, so two workers that run it write the same bytes.
 */
export const predictChunkJobSchema = z
  .strictObject({
    v: z.literal(1).default(1),
    /** Id of the batch, which the chunk's job id begins with. */
    batch: safeName,
    index: z.number().int().min(0),
    plan: chunkPlanSchema,
    /** `file`: bytes `start` to `end` of `path`; `redis`: a value beside the job. */
    source: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("file"),
        path: filePath,
        start: z.number().int().min(0),
        end: z.number().int().min(0),
        /** Where the part file is written. */
        folder: filePath,
      }),
      z.strictObject({ kind: z.literal("redis"), bytes: z.number().int().min(0) }),
    ]),
    /** Line of the file, counted from 1, that the first record begins on. */
    firstLine: z.number().int().min(1),
    /** Records before the first one, counted only if row numbers are the ids. */
    firstRow: z.number().int().min(0),
  })
  .refine(hasItsFields, { path: ["plan"], message: "a place is not that of a field" })
  .refine(({ source }) => source.kind !== "file" || isRange(source.end - source.start), {
    path: ["source"],
    message: `the range must have 0 to ${MAX_RANGE_BYTES} bytes`,
  });
export type PredictChunkJob = z.infer<typeof predictChunkJobSchema>;

/** Result of a `predict-chunk` job: what the part holds. Small, because the event stream keeps copies. */
export interface PredictChunkResult extends MadeBy {
  /** Rows in the output. */
  rows: number;
  /** Records left out, each with a line in the part's rejected section. */
  rejected: number;
  /** Absent from a worker of an earlier release, and so is `withoutKnownWords`. */
  rejectedByReason?: RejectedByReason | undefined;
  /** Rows whose text held bytes that are no UTF-8, read as U+FFFD. */
  invalidUtf8: number;
  /** Rows in the output whose text holds no word that the model knows. */
  withoutKnownWords?: number | undefined;
  /** Rows of each class by the decision, and behind them those abstained on; absent if the model has no rule. */
  decisions?: number[] | undefined;
  /** Bytes of the part's output section, which comes first. */
  outputBytes: number;
  /** Bytes of its rejected section, which follows. */
  rejectedBytes: number;
  /** sha256 of the whole part, hexadecimal. */
  sha256: string;
}

const count = z.number().int().min(0);

/** What a part is appended and counted by. A worker of another release may add to it. */
export const predictChunkResultSchema: z.ZodType<PredictChunkResult> = z.looseObject({
  rows: count,
  rejected: count,
  rejectedByReason: rejectedByReasonSchema.optional(),
  invalidUtf8: count,
  withoutKnownWords: count.optional(),
  decisions: z.array(count).optional(),
  outputBytes: count,
  rejectedBytes: count,
  sha256: z.string(),
});

/** Job id of a chunk. Deterministic: adding it twice adds it once. */
export function chunkJobId(batch: string, index: number): string {
  return `${batch}-${index}`;
}

/** Payload of a `predict-dead` job: a chunk that kept failing, in the dead-letter queue so that the rest could finish. */
export const predictDeadJobSchema = z.strictObject({
  v: z.literal(1),
  /** The `predict` job it belongs to, and the chunk's number in it. */
  jobId: z.string(),
  batch: z.string(),
  index: z.number().int().min(0),
  /** Records in it, all named in the rejected file, and the line of the first one. */
  records: z.number().int().min(0),
  firstLine: z.number().int().min(1),
  /** Why it failed, in one line. */
  reason: z.string(),
  /** The `predict` job that does only this chunk, to an output of its own. */
  again: z.custom<PredictJobInput>((job) => typeof job === "object" && job !== null),
});
export type PredictDeadJob = z.infer<typeof predictDeadJobSchema>;
