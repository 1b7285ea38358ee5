import { z } from "zod";
import { defaultModel } from "./names";
import { explainedWords, inlineTexts, type PredictJob } from "./predict";

/**
 * Payload of a `predict-texts` job, version 1: a few texts to the job's result, which is forgotten within a minute. They do
 * not wait behind files.
 */
export const predictTextsJobSchema = z.strictObject({
  v: z.literal(1).default(1),
  texts: inlineTexts,
  model: defaultModel,
  explain: explainedWords,
});
export type PredictTextsJob = z.infer<typeof predictTextsJobSchema>;
export type PredictTextsJobInput = z.input<typeof predictTextsJobSchema>;

/** The texts of a `predict` payload as a job of their own queue; undefined if it is about a file. */
export function textsJobOf({ texts, model, explain }: PredictJob): PredictTextsJob | undefined {
  return texts === undefined ? undefined : { v: 1, texts, model, explain };
}
