import { z } from "zod";
import type { LabelChanges } from "../learning/model/label-changes";
import type { ClassificationMetrics, QualityMetric } from "../metrics/metric-table";
import { columnName, textColumnsSchema } from "../settings/text-columns";
import type { MadeBy } from "./made-by";
import { datasetSchema, defaultModel, maxRejected, modelUri } from "./names";

/** Examples of rows whose label differs that a result may hold, at most. */
const MAX_EXAMPLES = 50;

/** Payload of a `compare` job, version 1: two versions of a model (or of two) on the same rows, with or without labels. */
export const compareJobSchema = z.strictObject({
  v: z.literal(1).default(1),
  /** The version there is, as a rule the champion. */
  baseline: defaultModel,
  /** The version that may replace it. */
  challenger: modelUri,
  input: datasetSchema,
  /** Absent: as the challenger was trained. A label column that is named must be there. */
  columns: z
    .strictObject({
      text: textColumnsSchema.optional(),
      label: columnName.optional(),
    })
    .prefault({}),
  maxRejected,
  /** Chance of calling one of two equal versions better. */
  alpha: z.number().min(0.0001).max(0.5).default(0.05),
  /** Rows whose label differs that are shown, handles and the like masked. */
  examples: z.number().int().min(0).max(MAX_EXAMPLES).default(8),
});
export type CompareJob = z.infer<typeof compareJobSchema>;
export type CompareJobInput = z.input<typeof compareJobSchema>;

/** One side of a comparison. */
export interface ComparedVersion {
  model: string;
  version: string;
}

/** A word that the two versions weigh differently where their labels differ. */
export interface WordPush {
  /** Masked, should it be a number or an address. */
  word: string;
  from: string;
  to: string;
  /** Rows that changed so and hold the word. */
  rows: number;
  /** Share of all that moved the labels, in margins; shares of all words and `elsewhere` add up to 1. */
  share: number;
}

export interface ChangeExample {
  /** Masked. */
  text: string;
  from: string;
  to: string;
  /** The chance that each side gives its own label. */
  probabilities: { baseline: number; challenger: number };
}

/** One side's quality on the labelled rows. */
export interface ComparedQuality {
  metrics: ClassificationMetrics;
  /** 95% intervals of the metrics that have one. */
  intervals: Partial<Record<QualityMetric, [number, number]>>;
}

/** McNemar's test: are the rows that only one version gets right evenly spread? */
export interface PairedTest {
  challengerOnly: number;
  baselineOnly: number;
  /** Two-sided mid-p. */
  p: number;
  /** Below it one version is called better. */
  alpha: number;
}

/** Result of a `compare` job. */
export interface CompareResult extends LabelChanges, MadeBy {
  baseline: ComparedVersion;
  challenger: ComparedVersion;
  /** One line for a person. */
  summary: string;
  rejected: number;
  /** Wilson's 95% interval of `share`. */
  interval: [number, number];
  words: WordPush[];
  /** Share of the difference that no word of a text explains: words that are absent, and what every row starts from. */
  elsewhere?: number;
  /** Changed rows that `words` are of: the first ones, should there be very many. */
  explainedRows: number;
  examples: ChangeExample[];
  /** Rows with a label; one that neither version knows counts as wrong for both. */
  labelled: number;
  /** Absent with `qualityAbsent`. */
  quality?: { baseline: ComparedQuality; challenger: ComparedQuality; test: PairedTest };
  /** Which version is better beyond chance; `undecided` also without labels. */
  better: "baseline" | "challenger" | "undecided";
  qualityAbsent?: string;
  warnings: string[];
  seconds: number;
}
