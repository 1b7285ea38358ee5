import { z } from "zod";
import { ColaError } from "../../errors/cola-error";

/** Name of the sample among a model's files. */
export const GOLDEN_SAMPLE_FILE = "golden_sample.json";

const sampleSchema = z.strictObject({
  formatVersion: z.literal(1),
  texts: z.array(z.string()).min(1).max(10_000),
  /** Probabilities of each text, one class after the other. */
  probabilities: z.array(z.array(z.number().min(0).max(1))),
});
export type GoldenSample = z.infer<typeof sampleSchema>;

/** The sample as a file; JSON holds every float64 to the last bit. */
export function serialiseGoldenSample(sample: GoldenSample): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(sample));
}

/** @throws ColaError MODEL_CORRUPT */
export function parseGoldenSample(bytes: Uint8Array): GoldenSample {
  try {
    return sampleSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new ColaError("MODEL_CORRUPT", `${GOLDEN_SAMPLE_FILE} is not a golden sample`, { cause });
  }
}

/**
 * Scores the sample again and compares bit for bit.
 *
 * @param score probabilities of a text by the model under test
 * @returns undefined if all agree, else what differs, in one line
 */
export function goldenSampleDifference(
  { texts, probabilities }: GoldenSample,
  score: (text: string) => ArrayLike<number>,
): string | undefined {
  if (texts.length !== probabilities.length)
    return "the golden sample has not one row of probabilities per text";
  for (const [i, text] of texts.entries()) {
    const expected = probabilities[i]!;
    const got = score(text);
    if (got.length !== expected.length)
      return `golden text ${i} has ${got.length} probabilities instead of ${expected.length}`;
    const at = expected.findIndex((probability, k) => !Object.is(probability, got[k]));
    if (at >= 0) return `golden text ${i} scores ${got[at]} instead of ${expected[at]} for class ${at}`;
  }
  return undefined;
}
