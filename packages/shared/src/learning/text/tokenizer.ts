import type { TfidfSettings } from "../../settings/features-settings";
import { ENGLISH_STOP_WORDS } from "./stop-words";
import { compileTokenPattern } from "./token-pattern";

export type Tokenizer = (text: string) => string[];

/** The words left out, none being the empty set. */
export function stopWordsOf(setting: TfidfSettings["stop_words"]): ReadonlySet<string> {
  if (setting === "english") return ENGLISH_STOP_WORDS;
  return new Set(setting === "none" ? [] : setting);
}

/** Lower-cases and splits; no stop words, no n-grams. */
export function createWordSplitter(features: Pick<TfidfSettings, "lowercase" | "token_pattern">): Tokenizer {
  const pattern = compileTokenPattern(features.token_pattern);
  const split = (text: string) => pattern.tokens(text);
  return features.lowercase ? (text) => split(text.toLowerCase()) : split;
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
 * The analyzer scikit-learn's TfidfVectorizer builds from the same settings: lower case, words, stop words
 * left out, then n-grams joined by a space.
 *
 * @throws ColaError PARAMETER_INVALID where the pattern is not one that `compileTokenPattern` takes
 * @example createTokenizer(featuresSchema.parse({}))("The flight was LATE") // ["flight", "late"]
 */
export function createTokenizer(features: TfidfSettings): Tokenizer {
  const split = createWordSplitter(features);
  const stopWords = stopWordsOf(features.stop_words);
  return (text) => {
    const tokens = split(text);
    const kept = stopWords.size === 0 ? tokens : tokens.filter((token) => !stopWords.has(token));
    return ngrams(kept, features.ngram_range);
  };
}
