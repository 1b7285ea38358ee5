import { english, type Messages } from "./english";
import { spanish } from "./spanish";

/** Languages of the page. A language that lacks a text does not compile. */
export const LANGUAGES = { en: english, es: spanish } as const satisfies Record<string, Messages>;
export type Language = keyof typeof LANGUAGES;

/** How dates and numbers of a language are written: days first, 24 hours. */
export const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", es: "es-ES" };

/** Cookie of a person who chose a language on the page. */
export const LANGUAGE_COOKIE = "colaml_language";

export const isLanguage = (value: string | undefined): value is Language =>
  value !== undefined && Object.hasOwn(LANGUAGES, value);

/**
 * The language that a person chose, else the first of ours that the browser wants most, else English.
 *
 * @example languageOf({ "accept-language": "ca;q=0.9,es-MX;q=0.8,en;q=0.7" }) // "es"
 */
export function languageOf(headers: { cookie?: string; "accept-language"?: string }): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${LANGUAGE_COOKIE}=([a-z]{2})(?:;|$)`).exec(
    headers.cookie ?? "",
  )?.[1];
  if (isLanguage(chosen)) return chosen;
  const wanted = (headers["accept-language"] ?? "")
    .slice(0, 1_000)
    .split(",")
    .map((entry) => {
      const [tag = "", ...rest] = entry.trim().split(";");
      const quality = rest.map((part) => /^\s*q=([\d.]+)\s*$/.exec(part)?.[1]).find(Boolean);
      return { tag: tag.toLowerCase().split("-")[0], quality: Number(quality ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return wanted.map(({ tag }) => tag).find(isLanguage) ?? "en";
}
