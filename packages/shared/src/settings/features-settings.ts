import { z } from "zod";
import { type PayloadValues, payloadFields, payloadOf, type ValuesOf } from "./payload-fields";
import { flag, integer, oneOf, text } from "./setting-kinds";
import { givenStopWords, keptStopWords, requestedStopWords, STOP_WORDS_ALLOWED } from "./stop-word-settings";

/** What a feature counts: words, stretches of characters, or stretches within words that are padded with spaces. */
const ANALYZERS = ["word", "char", "char_wb"] as const;
export type Analyzer = (typeof ANALYZERS)[number];

const ACCENTS = ["none", "unicode", "ascii"] as const;

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
  stopWords: {
    ...text({
      doc: "Stop words: english, none, the code of a language, or file:PATH with a word per line",
      env: "COLAML_STOP_WORDS",
      default: "english",
      payload: "stop_words",
      /** A payload may bring a list of its own. */
      payloadType: requestedStopWords,
    }),
    allowed: STOP_WORDS_ALLOWED,
    type: givenStopWords,
  },
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
  /** A payload keeps it where it always was among its fields: the bytes of a bundle follow their order. */
  sublinearTf: flag({
    doc: "Count a word 1 + ln of how often a text holds it",
    env: "COLAML_SUBLINEAR_TF",
  }),
  /** In a payload a list, if there are several. */
  analyzer: oneOf({
    doc: "What is counted: words, characters, characters within words (char_wb), or several side by side",
    env: "COLAML_ANALYZER",
    default: "word",
    choices: ["word", "char", "char_wb", "word,char", "word,char_wb", "char,char_wb", "word,char,char_wb"],
  }),
  charNgramMin: integer({
    doc: "Shortest n-gram, in characters",
    env: "COLAML_CHAR_NGRAM_MIN",
    default: 2,
    min: 1,
    max: 8,
  }),
  charNgramMax: integer({
    doc: "Longest n-gram, in characters",
    env: "COLAML_CHAR_NGRAM_MAX",
    default: 5,
    min: 1,
    max: 8,
  }),
  charMaxFeatures: integer({
    doc: "N-grams of characters kept, by corpus count",
    env: "COLAML_CHAR_MAX_FEATURES",
    default: 50_000,
    min: 1,
    max: 100_000,
  }),
  stripAccents: oneOf({
    doc: "Accents taken off: none, unicode (every script stays) or ascii (only ASCII stays)",
    env: "COLAML_STRIP_ACCENTS",
    default: "none",
    choices: ACCENTS,
  }),
};

const { ngramMin, ngramMax, charNgramMin, charNgramMax, charMaxFeatures } = featuresSettings;

/** Shortest and longest n-gram. */
export const ngramRange = z.tuple([ngramMin.type, ngramMax.type]);

const analyzerType = z.enum(ANALYZERS);

/** TF-IDF as scikit-learn's TfidfVectorizer names it; several analyzers are a FeatureUnion of vectorizers. */
const tfidfSchema = z.strictObject({
  ...payloadFields(featuresSettings),
  /** Absent: `word`. A list is a union: the columns of its parts stand side by side, each part with its own norm. */
  analyzer: z.union([analyzerType, z.array(analyzerType).min(1).max(ANALYZERS.length)]).optional(),
  /** Of parts that count characters. Absent: [2, 5] in a union, else `ngram_range`. */
  char_ngram_range: z.tuple([charNgramMin.type, charNgramMax.type]).optional(),
  /** Of each part that counts characters. Absent: 50,000 in a union, else `max_features`. */
  char_max_features: charMaxFeatures.type.optional(),
  /** Accents are taken off after lower-casing: `unicode` keeps every script, `ascii` only what is ASCII then. */
  strip_accents: z.enum(ACCENTS).optional(),
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
type AnalyzerSettings = Pick<
  z.infer<typeof tfidfSchema>,
  "analyzer" | "char_ngram_range" | "char_max_features"
>;

/** The schema, and what its settings say of each other. */
function consistent<Schema extends z.ZodType<AnalyzerSettings>>(schema: Schema): Schema {
  return schema
    .refine(({ analyzer }) => !Array.isArray(analyzer) || new Set(analyzer).size === analyzer.length, {
      path: ["analyzer"],
      message: "an analyzer stands twice: allowed are word, char and char_wb, each once",
    })
    .refine(({ char_ngram_range: [shortest, longest] = [1, 1] }) => shortest <= longest, {
      path: ["char_ngram_range"],
      message: "the shortest n-gram is longer than the longest",
    })
    .refine(
      ({ analyzer = "word", char_ngram_range, char_max_features }) =>
        [analyzer].flat().some((name) => name !== "word") || !(char_ngram_range || char_max_features),
      {
        path: ["analyzer"],
        message: "char_ngram_range and char_max_features need the analyzer char or char_wb",
      },
    );
}

/** `features` of a payload. */
export const requestedFeaturesSchema = consistent(tfidfSchema);
export type RequestedFeatures = z.infer<typeof requestedFeaturesSchema>;

/** `features` of a model: its stop words are a named list or the words themselves, whatever they came from. */
export const featuresSchema = consistent(
  tfidfSchema.extend({ stop_words: keptStopWords.default("english") }),
);
export type TfidfSettings = z.infer<typeof featuresSchema>;

/** The configured `features` of a payload. */
export function featuresOf(
  values: ValuesOf<typeof featuresSettings>,
): PayloadValues<typeof featuresSettings> & { ngram_range: [number, number]; sublinear_tf: boolean } {
  return {
    ...payloadOf(featuresSettings, values),
    ngram_range: [values.ngramMin, values.ngramMax],
    sublinear_tf: values.sublinearTf,
  };
}
