import { ColaError } from "../../errors/cola-error";
import {
  MAX_STOP_WORD,
  MAX_STOP_WORDS,
  type RequestedStopWords,
  STOP_WORD_LISTS,
  stopWordsFile,
} from "../../settings/stop-word-settings";
import type { Tokenizer } from "./tokenizer";

/** Stop words as a model keeps them: named lists by name, all others as words. */
export type KeptStopWords = (typeof STOP_WORD_LISTS)[number] | string[];

/** The words of stopwords-iso (MIT) by language; read when they are first asked for: 58 lists. */
export function stopWordsByLanguage(): Readonly<Record<string, readonly string[]>> {
  return require("stopwords-iso") as Record<string, string[]>;
}

/**
 * Stop words as a model keeps them, so that whoever scores leaves out the same words. Those of a language or a file go
 * through the tokenizer, as scikit-learn advises: a text holds `d` and `una`, never `d'una`. A list in the
 * payload stays as it is, as in scikit-learn.
 *
 * @param split the tokenizer of the features: no stop words, no n-grams
 * @param read the content of a file
 * @throws ColaError PARAMETER_INVALID for a file with too many or too long words, or none; and what `read` throws
 */
export async function keptStopWordsOf(
  setting: RequestedStopWords,
  split: Tokenizer,
  read: (path: string) => Promise<string>,
): Promise<KeptStopWords> {
  if (typeof setting !== "string") return setting;
  const list = STOP_WORD_LISTS.find((name) => name === setting);
  if (list !== undefined) return list;
  const path = stopWordsFile(setting);
  const words = path === undefined ? stopWordsByLanguage()[setting]! : wordsOfFile(await read(path));
  const tokens = [...new Set(words.flatMap(split))].sort();
  const longest = tokens.reduce((most, word) => Math.max(most, word.length), 0);
  if (tokens.length > 0 && tokens.length <= MAX_STOP_WORDS && longest <= MAX_STOP_WORD) return tokens;
  throw new ColaError(
    "PARAMETER_INVALID",
    `stop_words ${JSON.stringify(setting)} has ${tokens.length} words, the longest of ${longest} characters: allowed are 1 to ${MAX_STOP_WORDS} words of at most ${MAX_STOP_WORD}, a word per line`,
  );
}

/** A word per line; `#` begins a comment line. */
function wordsOfFile(content: string): string[] {
  return content
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
