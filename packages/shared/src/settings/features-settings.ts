import { z } from "zod";
import { type PayloadValues, payloadFields, payloadOf, type ValuesOf } from "./payload-fields";
import { integer, oneOf, text } from "./setting-kinds";

const STOP_WORD_LISTS = ["english", "none"] as const;

/** What a text is turned into: words and their weights. */
export const featuresSettings = {
  maxFeatures: integer({
    doc: "Words kept, by corpus count",
    env: "COLAML_MAX_FEATURES",
    default: 100,
    min: 1,
    max: 100_000,
    payload: "max_features",
  }),
  stopWords: oneOf({
    doc: "Stop words",
    env: "COLAML_STOP_WORDS",
    default: "english",
    choices: STOP_WORD_LISTS,
    payload: "stop_words",
    /** A payload may bring a list of its own. */
    payloadType: z.union([z.enum(STOP_WORD_LISTS), z.array(z.string().max(256)).max(10_000)]),
  }),
  tokenPattern: text({
    doc: "What a word is",
    env: "COLAML_TOKEN_PATTERN",
    default: "\\b\\w+\\b",
    payload: "token_pattern",
    payloadType: z.string().min(1).max(256),
  }),
  /** The two lengths are one field of a payload: `ngram_range`. */
  ngramMin: integer({
    doc: "Shortest n-gram, in words",
    env: "COLAML_NGRAM_MIN",
    default: 1,
    min: 1,
    max: 5,
  }),
  ngramMax: integer({
    doc: "Longest n-gram, in words",
    env: "COLAML_NGRAM_MAX",
    default: 1,
    min: 1,
    max: 5,
  }),
};

const { ngramMin, ngramMax } = featuresSettings;

/** Shortest and longest n-gram. */
export const ngramRange = z.tuple([ngramMin.type, ngramMax.type]);

/** `features` of a payload: TF-IDF as scikit-learn's TfidfVectorizer names it. */
export const featuresSchema = z.strictObject({
  ...payloadFields(featuresSettings),
  lowercase: z.boolean().default(true),
  ngram_range: ngramRange.default([ngramMin.default, ngramMax.default]),
  /** An integer is a count of documents, a fraction below 1 a share of them. */
  min_df: z.number().min(0).default(1),
  /** 1 means all documents (as 1.0 in scikit-learn); an integer above 1 is a count. */
  max_df: z.number().gt(0).default(1),
  sublinear_tf: z.boolean().default(false),
  use_idf: z.boolean().default(true),
  smooth_idf: z.boolean().default(true),
  norm: z.enum(["l2", "l1", "none"]).default("l2"),
});
export type TfidfSettings = z.infer<typeof featuresSchema>;

/** The configured `features` of a payload. */
export function featuresOf(
  values: ValuesOf<typeof featuresSettings>,
): PayloadValues<typeof featuresSettings> & { ngram_range: [number, number] } {
  return { ...payloadOf(featuresSettings, values), ngram_range: [values.ngramMin, values.ngramMax] };
}
