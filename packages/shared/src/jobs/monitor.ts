import { z } from "zod";
import { datasetSchema, filePath, modelUri } from "./names";

/** Least values of the quality metrics; one that is absent is not checked. */
export const thresholdsSchema = z.strictObject({
  accuracy_score: z.number().min(0).max(1).optional(),
  precision_score: z.number().min(0).max(1).optional(),
  recall_score: z.number().min(0).max(1).optional(),
  f1_score: z.number().min(0).max(1).optional(),
  roc_auc: z.number().min(0).max(1).optional(),
});
export type QualityThresholds = z.infer<typeof thresholdsSchema>;

/** Payload of a `monitor` job, version 1: a labelled file, or finished predictions and where their labels are. */
export const monitorJobSchema = z
  .strictObject({
    v: z.literal(1).default(1),
    model: modelUri.default("models:/modelo_nuevo@champion"),
    /** A file with texts and, for quality, labels: it is scored again by the model. */
    input: datasetSchema.optional(),
    /** The output of a `predict` job; joined by id with `labels`, or with labels that `cola labels` brought. */
    predictions: filePath.optional(),
    /** A file with id and label columns. */
    labels: filePath.optional(),
    columns: z
      .strictObject({
        text: z.string().min(1).max(256).optional(),
        label: z.string().min(1).max(256).optional(),
        id: z.string().min(1).max(256).optional(),
      })
      .prefault({}),
    thresholds: thresholdsSchema.optional(),
    experiment: z.string().min(1).max(256).default("experimento_nuevo_final"),
    /** Where the HTML report is written; absent: beside the input. */
    report: filePath.optional(),
  })
  .refine(
    (job) => (job.input === undefined) !== (job.predictions === undefined),
    "give either input or predictions",
  );
export type MonitorJob = z.infer<typeof monitorJobSchema>;
export type MonitorJobInput = z.input<typeof monitorJobSchema>;
