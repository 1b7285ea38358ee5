import { z } from "zod";

/** Above this share of the scored rows a job warns. */
const WARNING_SHARE = 0.5;

export const withoutKnownWordsSchema = z.strictObject({
  /** Scored rows whose text holds no word that the model knows: no term of its vocabulary. */
  rows: z.number().int().min(0),
  /** The class that the model gives to all of them; absent if an older release began the job. */
  label: z.string().optional(),
});
export type WithoutKnownWords = z.infer<typeof withoutKnownWordsSchema>;

/** How many rows hold no word that the model knows, for a person; undefined if there are none or it is unknown. */
export function describeWithoutKnownWords(
  unknown: WithoutKnownWords | undefined,
  scored: number,
): string | undefined {
  if (unknown === undefined || unknown.rows === 0) return undefined;
  const count = (rows: number) => rows.toLocaleString("en-US");
  const label = unknown.label === undefined ? "" : ` (label ${unknown.label})`;
  return `rows without a single word that the model knows: ${count(unknown.rows)} of ${count(scored)}; each gets the same answer${label}`;
}

/**
 * A warning in one line if more than half of the scored rows hold no word that the model knows: such a file is in
 * another language or encoding than the training's, or its texts are in another column. Else undefined.
 */
export function warnWithoutKnownWords(
  unknown: WithoutKnownWords | undefined,
  scored: number,
): string | undefined {
  if (unknown === undefined || unknown.rows <= WARNING_SHARE * scored) return undefined;
  return `${describeWithoutKnownWords(unknown, scored)}: is it the right model, text column, language and encoding?`;
}
