import { z } from "zod";

/** Lists by name: scikit-learn's English words, and none. */
export const STOP_WORD_LISTS = ["english", "none"] as const;

/** Languages with stop words, by their ISO 639-1 codes: those of stopwords-iso. */
export const STOP_WORD_LANGUAGES = [
  ...[
    "af",
    "ar",
    "bg",
    "bn",
    "br",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "eo",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
  ],
  ...[
    "ga",
    "gl",
    "gu",
    "ha",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "it",
    "ja",
    "ko",
    "ku",
    "la",
    "lt",
    "lv",
    "mr",
  ],
  ...[
    "ms",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "so",
    "st",
    "sv",
    "sw",
    "th",
    "tl",
    "tr",
    "uk",
    "ur",
  ],
  ...["vi", "yo", "zh", "zu"],
];

/** What names a file of stop words, before its path. */
const FILE = "file:";
/** Words of a list, at most, and characters of each. */
export const MAX_STOP_WORDS = 10_000;
export const MAX_STOP_WORD = 256;

const wordList = z.array(z.string().max(MAX_STOP_WORD)).max(MAX_STOP_WORDS);

/** Stop words as a model keeps them: a list that everybody who scores has by name, or the words. */
export const keptStopWords = z.union([z.enum(STOP_WORD_LISTS), wordList]);

/** Stop words by name: what a search may try. */
export const namedStopWords = z.enum([...STOP_WORD_LISTS, ...STOP_WORD_LANGUAGES]);

/** A file of stop words: `file:` and its path. */
export const fileOfStopWords = z
  .string()
  .startsWith(FILE)
  .min(FILE.length + 1)
  .max(4096)
  .refine((setting) => !setting.includes("\0"), "a path cannot hold a NUL");

/** Stop words that a flag or a variable can name. */
export const givenStopWords = z.union([namedStopWords, fileOfStopWords]);

/** Stop words that a payload can name, or bring. */
export const requestedStopWords = z.union([namedStopWords, fileOfStopWords, wordList]);
export type RequestedStopWords = z.infer<typeof requestedStopWords>;

/** What is allowed, for messages. */
export const STOP_WORDS_ALLOWED = `english, none, the code of a language (${STOP_WORD_LANGUAGES.join(" ")}), or file:PATH`;

/** The path of a file of stop words; undefined if the setting names none. */
export function stopWordsFile(setting: unknown): string | undefined {
  return typeof setting === "string" && setting.startsWith(FILE) ? setting.slice(FILE.length) : undefined;
}

/** The setting with its path, if it has one, replaced by what `change` makes of it. */
export function withStopWordsPath<Setting>(
  setting: Setting,
  change: (path: string) => string,
): Setting | string {
  const path = stopWordsFile(setting);
  return path === undefined ? setting : `${FILE}${change(path)}`;
}
