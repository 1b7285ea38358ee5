import { z } from "zod";
import type { TermContribution } from "../learning/model/explain";
import { payloadFields } from "../settings/payload-fields";
import { predictSettings } from "../settings/predict-settings";
import { MAX_RECORD_BYTES } from "../settings/table-values";
import { columnName, textColumnsSchema } from "../settings/text-columns";
import type { RejectedByReason } from "../tables/rejected-by-reason";
import type { DecisionCounts } from "./decision-counts";
import type { MadeBy } from "./made-by";
import { exactlyOneOf } from "./member-rules";
import { datasetSchema, defaultModel, filePath, maxRejected } from "./names";
import type { RepeatedIds } from "./receipt";
import type { WithoutKnownWords } from "./without-known-words";

/** At most this many texts travel inside a job; more belong in a file. */
const MAX_INLINE_TEXTS = 1_000;

/** Texts that travel inside a job. Of several text columns: the parts in order, a line end between them. */
export const inlineTexts = z.array(z.string().max(MAX_RECORD_BYTES)).min(1).max(MAX_INLINE_TEXTS);
/** Words that pushed each label, this many per row; 0 is off. */
export const explainedWords = z.number().int().min(0).max(20).default(0);

/** Payload of a `predict` job, version 1: a file to a file, or a few texts to the job's result. */
export const predictJobSchema = z
  .strictObject({
    v: z.literal(1).default(1),
    input: datasetSchema.optional(),
    output: filePath.optional(),
    /** What older releases sent; texts have a queue of their own, `predict-texts`. */
    texts: inlineTexts.optional(),
    model: defaultModel,
    /** Column names; absent ones are those the model was trained with. */
    columns: z
      .strictObject({
        text: textColumnsSchema.optional(),
        id: columnName.optional(),
      })
      .prefault({}),
    /** Input columns copied to the output, in this order. */
    passThrough: z.array(columnName).max(256).default([]),
    /** Replace an output that exists. */
    force: z.boolean().default(false),
    ...payloadFields(predictSettings),
    /** Fail early if more rows than this are rejected: a count, or a share below 1 that must not be reached. */
    maxRejected,
    explain: explainedWords,
    /** Only the records between two bytes of the (inflated) input: a chunk of the dead-letter queue, run again by itself. */
    range: z
      .strictObject({
        start: z.number().int().min(0),
        end: z.number().int().min(0),
        /** Line that the first record begins on, and records before it. */
        firstLine: z.number().int().min(1),
        firstRow: z.number().int().min(0),
      })
      .optional(),
    /** Prefix cells that a spreadsheet would run as a formula. */
    spreadsheetSafe: z.boolean().default(false),
  })
  .refine((job) => (job.texts === undefined) !== (job.input === undefined), "give either input or texts")
  .refine((job) => job.input === undefined || job.output !== undefined, "a file input needs an output path")
  .meta({ ...exactlyOneOf("input", "texts"), dependentRequired: { input: ["output"] } });
export type PredictJob = z.infer<typeof predictJobSchema>;
export type PredictJobInput = z.input<typeof predictJobSchema>;

export interface TextPrediction {
  label: string;
  /** A class by the thresholds of the model's decision rule, or its word for abstaining; absent if it has no rule. */
  decision?: string;
  /** Class -> probability. */
  probabilities: Record<string, number>;
  /**
   * Terms of the text that pushed the label, strongest first, on the logit scale, and last what all terms that the
   * text lacks contributed together; only if asked for.
   */
  explanation?: TermContribution[];
  /** The text holds no word that the model knows: the label is the model's answer to an empty text. */
  withoutKnownWords?: true;
}

/** Result of a `predict` job. */
export interface PredictResult extends MadeBy {
  rows: number;
  rejected: number;
  /** Absent if an earlier release counted a part of the rows, as `withoutKnownWords` is. */
  rejectedByReason?: RejectedByReason;
  /** Scored rows without a word that the model knows, and the class that it gives to all of them. */
  withoutKnownWords?: WithoutKnownWords;
  /** What the model's rule decided; absent if it has none. */
  decisions?: DecisionCounts;
  seconds: number;
  rowsPerSecond: number;
  /** The registry version the whole job was pinned to. */
  modelVersion: string;
  output?: string;
  /** Ids that occur more than once (file jobs with an id column): allowed, and reported. */
  repeatedIds?: RepeatedIds;
  /** Chunks in the dead-letter queue, in a few words with how to run them again; absent: none. */
  setAside?: string;
  /** What a person should look at before using the output, a line each; absent: nothing. */
  warnings?: string[];
  /** Path of the manifest that proves the output (file jobs). */
  receipt?: string;
  /** Only for jobs that carried texts, in their order. */
  predictions?: TextPrediction[];
}
