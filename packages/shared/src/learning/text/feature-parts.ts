import type { Analyzer, TfidfSettings } from "../../settings/features-settings";

/** Of a union's parts that count characters, if the settings do not say. */
const UNION_CHAR_NGRAMS: readonly [number, number] = [2, 5];
const UNION_CHAR_FEATURES = 50_000;

/** The settings of one vectorizer: one analyzer, with its own n-grams and number of features. */
export interface FeaturePart
  extends Omit<
    TfidfSettings,
    "analyzer" | "strip_accents" | "ngram_range" | "char_ngram_range" | "char_max_features"
  > {
  analyzer: Analyzer;
  strip_accents: NonNullable<TfidfSettings["strip_accents"]>;
  ngram_range: readonly [number, number];
}

/**
 * The vectorizers that some settings stand for, in the order of their columns: one, or those of a union.
 *
 * @example featureParts(featuresSchema.parse({ analyzer: ["word", "char_wb"] })).map((part) => part.max_features) // [100, 50000]
 */
export function featureParts(features: TfidfSettings): FeaturePart[] {
  const {
    analyzer = "word",
    strip_accents = "none",
    char_ngram_range,
    char_max_features,
    ...rest
  } = features;
  const isUnion = Array.isArray(analyzer);
  return [analyzer].flat().map((name) => {
    if (name === "word") return { ...rest, strip_accents, analyzer: name };
    return {
      ...rest,
      strip_accents,
      analyzer: name,
      ngram_range: char_ngram_range ?? (isUnion ? UNION_CHAR_NGRAMS : rest.ngram_range),
      max_features: char_max_features ?? (isUnion ? UNION_CHAR_FEATURES : rest.max_features),
    };
  });
}

/** Number of the part that people know by its words, and that profiles and drift look at: the words', or the first. */
export function profiledPart(parts: readonly Pick<FeaturePart, "analyzer">[]): number {
  return Math.max(
    0,
    parts.findIndex(({ analyzer }) => analyzer === "word"),
  );
}

/**
 * The columns of each part as [from, to).
 *
 * @param partSizes terms of each part; absent: one part with all `nTerms`
 */
export function partColumns(
  nTerms: number,
  partSizes: readonly number[] = [nTerms],
): [from: number, to: number][] {
  let to = 0;
  return partSizes.map((size) => {
    to += size;
    return [to - size, to];
  });
}
