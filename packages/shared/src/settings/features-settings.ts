import { z } from "zod";
import { type PayloadValues, payloadFields, payloadOf, type ValuesOf } from "./payload-fields";
import { flag, integer, oneOf, positive, real, text } from "./setting-kinds";
import { givenStopWords, keptStopWords, requestedStopWords, STOP_WORDS_ALLOWED } from "./stop-word-settings";

/** Texts that a training can have. */
const MAX_DOCUMENTS = 1_000_000_000;

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
  lowercase: flag({
    doc: "Lower-case texts first",
    env: "COLAML_LOWERCASE",
    default: true,
    payload: "lowercase",
  }),
  minDf: real({
    doc: "Leave out terms that fewer training texts hold: a count, or a share below 1",
    env: "COLAML_MIN_DF",
    default: 1,
    min: 0,
    max: MAX_DOCUMENTS,
    payload: "min_df",
    payloadType: z.number().min(0),
  }),
  maxDf: positive({
    doc: "Leave out terms that more training texts hold: a share up to 1, or a count above 1",
    env: "COLAML_MAX_DF",
    default: 1,
    max: MAX_DOCUMENTS,
    payload: "max_df",
    payloadType: z.number().gt(0),
  }),
  sublinearTf: flag({
    doc: "Count a term that stands n times in a text as 1 + ln(n)",
    env: "COLAML_SUBLINEAR_TF",
    payload: "sublinear_tf",
  }),
  useIdf: flag({
    doc: "Weigh terms by how few texts hold them",
    env: "COLAML_USE_IDF",
    default: true,
    payload: "use_idf",
  }),
  smoothIdf: flag({
    doc: "As if one more text held every term",
    env: "COLAML_SMOOTH_IDF",
    default: true,
    payload: "smooth_idf",
  }),
  norm: oneOf({
    doc: "Length that a text's weights are brought to",
    env: "COLAML_NORM",
    default: "l2",
    choices: ["l2", "l1", "none"],
    payload: "norm",
  }),
};

const { ngramMin, ngramMax, charNgramMin, charNgramMax, charMaxFeatures } = featuresSettings;

/** Shortest and longest n-gram. */
export const ngramRange = z.tuple([ngramMin.type, ngramMax.type]);

/** Shortest and longest n-gram of characters. */
export const charNgramRange = z.tuple([charNgramMin.type, charNgramMax.type]);

const analyzerType = z.enum(ANALYZERS);

/** One analyzer, or several side by side. */
export const analyzerSettingType = z.union([
  analyzerType,
  z.array(analyzerType).min(1).max(ANALYZERS.length),
]);

const { lowercase, min_df, max_df, sublinear_tf, use_idf, smooth_idf, norm, ...counted } =
  payloadFields(featuresSettings);

/**
 * TF-IDF as scikit-learn's TfidfVectorizer names it; several analyzers are a FeatureUnion of vectorizers.
 * The order of the fields is that of a bundle's: another one would change the bytes of every model.
 */
const tfidfSchema = z.strictObject({
  ...counted,
  /** Absent: `word`. A list is a union: the columns of its parts stand side by side, each part with its own norm. */
  analyzer: analyzerSettingType.optional(),
  /** Of parts that count characters. Absent: [2, 5] in a union, else `ngram_range`. */
  char_ngram_range: charNgramRange.optional(),
  /** Of each part that counts characters. Absent: 50,000 in a union, else `max_features`. */
  char_max_features: charMaxFeatures.type.optional(),
  /** Accents are taken off after lower-casing: `unicode` keeps every script, `ascii` only what is ASCII then. */
  strip_accents: z.enum(ACCENTS).optional(),
  lowercase,
  ngram_range: ngramRange.default([ngramMin.default, ngramMax.default]),
  /** An integer is a count of documents, a fraction below 1 a share of them. */
  min_df,
  /** 1 means all documents (as 1.0 in scikit-learn); an integer above 1 is a count. */
  max_df,
  sublinear_tf,
  use_idf,
  smooth_idf,
  norm,
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
): PayloadValues<typeof featuresSettings> & { ngram_range: [number, number] } {
  return {
    ...payloadOf(featuresSettings, values),
    ngram_range: [values.ngramMin, values.ngramMax],
  };
}
