import type { TfidfSettings } from "../jobs/train";
import { ENGLISH_STOP_WORDS } from "./stop-words";
import { compileTokenPattern, WORD_PATTERN } from "./token-pattern";
import { isWordCodePoint } from "./word-characters";

export type Tokenizer = (text: string) => string[];

/** The words left out, none being the empty set. */
export function stopWordsOf(setting: TfidfSettings["stop_words"]): ReadonlySet<string> {
  if (setting === "english") return ENGLISH_STOP_WORDS;
  return new Set(setting === "none" ? [] : setting);
}

const ASCII_WORD = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") {
  ASCII_WORD[char.charCodeAt(0)] = 1;
}

/** Whether the default pattern's scanner may stand in for a regular expression. */
export function isWordPattern(pattern: string): boolean {
  return pattern === WORD_PATTERN || pattern === `(?u)${WORD_PATTERN}` || pattern === "\\w+";
}

/** The matches of `\b\w+\b`, without a regular expression. O(length). */
function scanWords(text: string): string[] {
  const tokens: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const codePoint = code >= 0xd800 && code < 0xdc00 ? text.codePointAt(i)! : code;
    const inWord = codePoint < 128 ? ASCII_WORD[codePoint] === 1 : isWordCodePoint(codePoint);
    if (inWord && start < 0) start = i;
    if (!inWord && start >= 0) {
      tokens.push(text.slice(start, i));
      start = -1;
    }
    if (codePoint > 0xffff) i++;
  }
  if (start >= 0) tokens.push(text.slice(start));
  return tokens;
}

function matcher(pattern: string): Tokenizer {
  if (isWordPattern(pattern)) return scanWords;
  const compiled = compileTokenPattern(pattern);
  return (text) => compiled.tokens(text);
}

/** Lower-cases and splits; no stop words, no n-grams. */
export function createWordSplitter(features: Pick<TfidfSettings, "lowercase" | "token_pattern">): Tokenizer {
  const split = matcher(features.token_pattern);
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
