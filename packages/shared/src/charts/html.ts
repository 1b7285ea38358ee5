import { escapeMarkup } from "./escape-markup";

/** Markup that is already safe: made only by `html`. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[] | undefined;

function safe(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return escapeMarkup(String(value));
}

/**
 * A template whose values are escaped unless they are markup themselves, so no text of a user becomes a tag.
 *
 * @example html`<b>${"<script>"}</b>`.text // "<b>&lt;script&gt;</b>"
 */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + safe(values[i - 1]) + part));
}

export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)}%`;
