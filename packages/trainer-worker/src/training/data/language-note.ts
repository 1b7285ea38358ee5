import type { LanguageGuess } from "@colaml/shared/learning/text/language-guess";
import { STOP_WORD_LANGUAGES } from "@colaml/shared/settings/stop-word-settings";

const ENGLISH = "en";
/** Languages whose words stand without spaces between them: stop words hardly ever meet one. */
const WITHOUT_SPACES: ReadonlySet<string> = new Set(["ja", "th", "zh"]);
const percent = (share: number) => `${(100 * share).toFixed(0)}%`;

/**
 * What a person should know of the language that the texts seem to be in: nothing if they are English or their stop words
 * fit. A guess is only reported, it changes nothing.
 *
 * @param stopWords as the job has them
 */
export function languageNotes(guess: LanguageGuess | undefined, stopWords: unknown): string[] {
  if (guess === undefined) return [];
  const { code, or, shares } = guess;
  const languages = [code, ...(or === undefined ? [] : [or])];
  const isEnglish = languages.includes(ENGLISH);
  const isCode = typeof stopWords === "string" && STOP_WORD_LANGUAGES.includes(stopWords);
  const fits = isCode ? languages.includes(stopWords) : stopWords !== "english" || isEnglish;
  if (fits && (isEnglish || isCode)) return [];
  // Made here and not once for all: names of languages take long to load, and are seldom needed.
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  const named = languages.map((language) => `${names.of(language) ?? language} (${language})`).join(" or ");
  if (fits) return [`the texts look ${named}`];
  if (WITHOUT_SPACES.has(code))
    return [
      `the texts look ${named}, which is written without spaces between words: words are whole phrases there, and stop words of "${String(stopWords)}" leave out next to nothing (--stop-words none says so)`,
    ];
  const counted =
    shares === undefined
      ? ""
      : `: ${percent(shares.own)} of the words are stop words of it, ${percent(shares.english)} English ones`;
  return [
    `the texts look ${named}${counted}; the stop words left out are those of "${String(stopWords)}": --stop-words ${code} leaves out those of the texts`,
  ];
}
