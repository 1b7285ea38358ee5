import type { TfidfSettings } from "../../settings/features-settings";
import { charNgrams, charWordNgrams } from "./char-ngrams";
import { preprocess } from "./character-meanings";
import type { FeaturePart } from "./feature-parts";
import { ENGLISH_STOP_WORDS } from "./stop-words";
import { compileTokenPattern } from "./token-pattern";

export type Tokenizer = (text: string) => string[];

/** The words left out, none being the empty set. */
export function stopWordsOf(setting: TfidfSettings["stop_words"]): ReadonlySet<string> {
  if (setting === "english") return ENGLISH_STOP_WORDS;
  return new Set(setting === "none" ? [] : setting);
}

/** Lower-cases, takes accents off and splits; no stop words, no n-grams. */
export function createWordSplitter(
  part: Pick<FeaturePart, "lowercase" | "strip_accents" | "token_pattern">,
): Tokenizer {
  const pattern = compileTokenPattern(part.token_pattern);
  return (text) => pattern.tokens(preprocess(text, part));
}

function ngrams(tokens: string[], [shortest, longest]: readonly [number, number]): string[] {
  if (longest === 1) return tokens;
  const grams: string[] = [];
  for (let n = shortest; n <= Math.min(longest, tokens.length); n++) {
    for (let i = 0; i + n <= tokens.length; i++)
      grams.push(n === 1 ? tokens[i]! : tokens.slice(i, i + n).join(" "));
  }
  return grams;
}

/**
 * The analyzer scikit-learn's TfidfVectorizer builds from the same settings. Of words: lower case, words, stop words
 * left out, then n-grams joined by a space. Of characters: lower case, then n-grams; stop words do not matter.
 *
 * @throws ColaError PARAMETER_INVALID if the pattern is not one that `compileTokenPattern` takes
 * @example createTokenizer(featureParts(featuresSchema.parse({}))[0]!)("The flight was LATE") // ["flight", "late"]
 */
export function createTokenizer(part: FeaturePart): Tokenizer {
  if (part.analyzer === "char") return (text) => charNgrams(preprocess(text, part), part.ngram_range);
  if (part.analyzer === "char_wb") return (text) => charWordNgrams(preprocess(text, part), part.ngram_range);
  const split = createWordSplitter(part);
  const stopWords = stopWordsOf(part.stop_words);
  return (text) => {
    const tokens = split(text);
    const kept = stopWords.size === 0 ? tokens : tokens.filter((token) => !stopWords.has(token));
    return ngrams(kept, part.ngram_range);
  };
}
