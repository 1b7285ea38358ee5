import { z } from "zod";
import { ColaError } from "../../errors/cola-error";
import { METRIC_NAMES, type MetricName } from "../../metrics/metric-table";
import { vocabularySketchSchema } from "../text/vocabulary-sketch";

/** Name of the profile among the files of a model (`data/reference_profile.json`). */
export const REFERENCE_PROFILE_FILE = "reference_profile.json";
/** At most this many words are profiled, those in most documents: the file stays at a few KB. */
export const MAX_PROFILE_TERMS = 200;
/** Groups of rows that each calibration list has at most. */
export const MAX_CALIBRATION_BINS = 100;

const count = z.number().int().min(0);
const share = z.number().min(0).max(1);

/**
 * Counts between edges: bin 0 holds values below `edges[0]`, bin i values from `edges[i-1]` up to but without
 * `edges[i]`, the last bin the rest. `designEffect` is how much more the bins' shares vary between stretches of
 * `ReferenceProfile.blockRows` neighbouring rows than between random rows (1: not at all; Kish's deff): a window
 * of n rows of a stream tells as much as n / designEffect random ones.
 */
const histogramSchema = z
  .strictObject({
    edges: z.array(z.number()).max(256),
    counts: z.array(count).max(257),
    designEffect: z.number().min(1),
  })
  .refine((histogram) => histogram.counts.length === histogram.edges.length + 1, "counts are edges + 1")
  .refine(({ edges }) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), "edges must rise");
export type ProfileHistogram = z.infer<typeof histogramSchema>;

/** Rows of one group of neighbouring probabilities: how many, their mean probability, and how many really were of the class. */
const calibrationBinSchema = z.strictObject({ rows: count, meanProbability: share, positives: count });
export type CalibrationBin = z.infer<typeof calibrationBinSchema>;

const metric = z.number().optional();
/** Each metric may be absent: it could not be computed, or the release that wrote the profile did not know it. */
const metricsSchema = z.strictObject({
  ...(Object.fromEntries(METRIC_NAMES.map((name) => [name, metric])) as Record<MetricName, typeof metric>),
  absent: z.record(z.string(), z.string()).optional(),
});

/**
 * In what order the labels come: `changes` between neighbouring rows, and how many random order has on average. A
 * file that is sorted by label has far fewer; its neighbours are alike because of that and not because of time.
 */
const orderSchema = z.strictObject({
  changes: count,
  expectedChanges: z.number().min(0),
  sortedByLabel: z.boolean(),
});
export type LabelOrder = z.infer<typeof orderSchema>;

/** Rows of each class, in the order of the model's. */
const classCountsSchema = z.strictObject({
  actual: z.array(count),
  predicted: z.array(count),
  correct: z.array(count),
});

const profileSchema = z.strictObject({
  /** 2 since calibration has up to 100 groups; what 1 lacks is named by `missingOf`. */
  formatVersion: z.union([z.literal(1), z.literal(2)]),
  /** Rows profiled: validation and test rows, which the model has not learned from. */
  rows: z.number().int().min(1),
  /** Neighbouring rows of a block that the design effects were measured on. */
  blockRows: z.number().int().min(1),
  /** Of the profiled rows. If they are sorted by label, the design effects were measured on shuffled rows. */
  order: orderSchema.optional(),
  /** Class labels in the order of the model. */
  classes: z.array(z.string()).min(2),
  terms: z.strictObject({
    /** Of a model that counts no words: what its terms are. */
    analyzer: z.enum(["char", "char_wb"]).optional(),
    /** Words (model terms) with the most documents, by falling document frequency. */
    words: z.array(z.string()).max(MAX_PROFILE_TERMS),
    /** Documents, of `rows`, that hold each word. */
    documentFrequency: z.array(count).max(MAX_PROFILE_TERMS),
    designEffect: z.number().min(1),
    /** Of each word by itself. Older profiles lack it. */
    designEffects: z.array(z.number().min(1)).max(MAX_PROFILE_TERMS).optional(),
    /** How much more the words' PSI varies because words come together (1: not at all). Older profiles lack it. */
    varianceFactor: z.number().min(1).optional(),
  }),
  /** UTF-16 code units (`text.length`) a text; edges are the deciles. */
  textLength: histogramSchema,
  /** Share of a text's tokens that are no term of the model, a text; texts without any token count as 1. */
  outOfVocabulary: histogramSchema,
  /** Tokens in all profiled texts, and those that are no term of the model. */
  tokens: z.strictObject({ all: count, outOfVocabulary: count }),
  /** Binary: probability of `classes[1]`; multiclass: probability of the predicted class. 20 equal bins. */
  score: histogramSchema,
  /** Rows per class, in the order of `classes`. */
  labels: z.strictObject({
    predicted: z.array(count),
    actual: z.array(count),
    designEffect: z.number().min(1),
  }),
  /**
   * One list per class (binary: one list, for `classes[1]`): the rows by rising probability in up to 100 groups of
   * about equal size. Version 1: ten equal bins of probability.
   */
  calibration: z.array(z.array(calibrationBinSchema).min(1).max(MAX_CALIBRATION_BINS)),
  /** What the model reached on its test rows, how many they were, and of which classes. */
  quality: z.strictObject({ rows: count, metrics: metricsSchema, classes: classCountsSchema.optional() }),
  /** All words of the training rows, as a sketch that names none. */
  vocabulary: vocabularySketchSchema.optional(),
});

/**
 * What the held-out rows of a training looked like, for the monitor to compare with: counts only, no text but
 * the model's own words. The monitor calibrates its thresholds at a window's size from it: simulate windows of
 * n / designEffect rows from these counts (and a reference of `rows` / designEffect rows).
 */
export type ReferenceProfile = z.infer<typeof profileSchema>;

/**
 * Reads a profile and checks it.
 * @throws ColaError MODEL_CORRUPT
 */
export function parseReferenceProfile(bytes: Uint8Array): ReferenceProfile {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ColaError("MODEL_CORRUPT", `${REFERENCE_PROFILE_FILE} is not JSON`, { cause });
  }
  const parsed = profileSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const where = issue.path.join(".");
    throw new ColaError("MODEL_CORRUPT", `${REFERENCE_PROFILE_FILE}: ${where}: ${issue.message}`);
  }
  return parsed.data;
}

/** What the profile of an older release lacks, in one line; undefined if it lacks nothing. */
export function missingOf(profile: ReferenceProfile): string | undefined {
  const missing = [
    ...(profile.formatVersion < 2 ? ["fine calibration"] : []),
    ...(profile.order ? [] : ["the order of its rows"]),
    ...(profile.quality.classes ? [] : ["the test's rows of each class"]),
    ...(profile.vocabulary || profile.terms.analyzer ? [] : ["the training's vocabulary"]),
  ];
  return missing.length === 0 ? undefined : missing.join(", ");
}

/** The profile as the bytes of its file: the same profile gives the same bytes. */
export function serialiseReferenceProfile(profile: ReferenceProfile): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(profile));
}

/** The bin of `value` among rising edges: how many edges are at or below it. O(log edges). */
export function binOf(edges: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
