import { html, type Markup } from "@colaml/shared/charts/html";
import { type Language, LOCALES } from "./language";

/** A time as UTC; the page's script puts it into the reader's zone. */
export function time(iso: string | undefined, language: Language): Markup {
  if (iso === undefined) return html``;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return html`${iso.slice(0, 40)}`;
  return html`<time datetime="${date.toISOString()}">${utcText(date, language)} UTC</time>`;
}

/** Day and minute in UTC, e.g. `26 Nov 2026, 00:47`. */
export const utcText = (date: Date, language: Language) =>
  date.toLocaleString(LOCALES[language], { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/**
 * A length of time in its two largest units.
 * @example duration(3_723_000, "en") // "1 h 2 min"
 */
export function duration(ms: number, language: Language): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${decimal(seconds, 1, language)} s`;
  const whole = Math.round(seconds);
  const units: [string, number][] = [
    ["d", Math.floor(whole / 86_400)],
    ["h", Math.floor((whole % 86_400) / 3_600)],
    ["min", Math.floor((whole % 3_600) / 60)],
    ["s", whole % 60],
  ];
  const first = units.findIndex(([, count]) => count > 0);
  return units
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(" ");
}

/** A whole number with its groups, e.g. `12,345`. */
export const whole = (value: number, language: Language) => value.toLocaleString(LOCALES[language]);

/**
 * A number with this many decimals behind the sign of the language. Beside {@link whole} a point would be misread in
 * Spanish: `10.003` are ten thousand and three rows.
 * @example decimal(0.60934, 4, "es") // "0,6093"
 */
export const decimal = (value: number, digits: number, language: Language) =>
  value.toLocaleString(LOCALES[language], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

/** A metric with four decimals, or a dash if there is none. */
export const metric = (value: number | undefined, language: Language) =>
  value === undefined ? "–" : decimal(value, 4, language);
