import { z } from "zod";
import { modelSettings } from "../settings/model-settings";
import { payloadField } from "../settings/payload-fields";
import { MISSING_VALUES } from "../settings/table-values";
import { columnName } from "../settings/text-columns";
import type { MadeBy } from "./made-by";
import { exactlyOneOf } from "./member-rules";
import { datasetSchema, filePath, maxRejected } from "./names";

/** Labels that travel inside a job, at most; more belong in a file. */
const MAX_INLINE_LABELS = 10_000;

/** A number in a job's JSON has lost digits before anybody could look at it. */
const cell = z
  .string({ error: "must be a string in quotes: a JSON number of more than 15 digits loses some" })
  .min(1)
  .max(1_024);

/** Labelling tools whose exports are read: JSON, JSON-MIN and CSV; JSON, JSONL and CSV. */
export const LABEL_TOOLS = ["label-studio", "argilla"] as const;
const labelToolSchema = z.enum(LABEL_TOOLS);
export type LabelTool = z.infer<typeof labelToolSchema>;

/** Payload of a `labels` job, version 1: a file with ids and labels, or a few of them. */
export const labelsJobSchema = z
  .strictObject({
    v: z.literal(1).default(1),
    /** Labels are kept for each registered model. */
    model: payloadField(modelSettings.name),
    input: datasetSchema.optional(),
    /** The tool that exported `input`; absent: a table with an id and a label column. */
    source: labelToolSchema.optional(),
    labels: z
      .array(z.strictObject({ id: cell, label: cell }))
      .min(1)
      .max(MAX_INLINE_LABELS)
      .optional(),
    /** Which of `labels` are missing, by default as in a file: pandas' list. A file says it in `input`. */
    missingValues: z.enum(MISSING_VALUES).optional(),
    /** Column names of `input`; absent: the configured ones. */
    columns: z
      .strictObject({
        label: columnName.optional(),
        id: columnName.optional(),
      })
      .prefault({}),
    /** Refuse if more rows than this are rejected: a count, or a share below 1 that must not be reached. */
    maxRejected,
    /** Output of a `predict` job to match the labels with at once, so that unknown ids are named. */
    predictions: filePath.optional(),
  })
  .refine((job) => (job.input === undefined) !== (job.labels === undefined), "give either input or labels")
  .refine((job) => job.source === undefined || job.input !== undefined, "source goes with input")
  .meta({ ...exactlyOneOf("input", "labels"), dependentRequired: { source: ["input"] } });
export type LabelsJob = z.infer<typeof labelsJobSchema>;
export type LabelsJobInput = z.input<typeof labelsJobSchema>;

/** Ids that do not say which label belongs to which row. */
export interface AmbiguousIds {
  /** Different ids. */
  ids: number;
  /** Rows with one of them. */
  rows: number;
  /** The first of the ids, at most 20. */
  first: string[];
}

/** Result of a `labels` job. The same labels twice give `added` 0 the second time. */
export interface LabelsResult extends MadeBy {
  model: string;
  /** Rows with an id and a label. */
  rows: number;
  rejected: number;
  /** Ids seen for the first time. */
  added: number;
  /** Ids whose stored label was another one: the newest holds. */
  changed: number;
  /** Rows that brought nothing new: the id was stored with this label, or stood in a row before. */
  known: number;
  /**
   * Ids that came with different labels in this delivery: they join no row until a later delivery gives them one
   * label. `rows` is the sum of `added`, `changed`, `known` and these. Absent in results of older releases.
   */
  ambiguous?: AmbiguousIds;
  /** Ids stored for the model after this job, ambiguous ones among them. */
  total: number;
  /** Only with `predictions`: ids that no prediction has, how many and the first of them. */
  unknown?: { count: number; first: string[] };
  /** What is wrong with the ids and how to mend it, in one line each. Absent in results of older releases. */
  warnings?: string[];
  seconds: number;
}
