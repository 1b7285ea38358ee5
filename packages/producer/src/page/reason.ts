import { html, type Markup } from "@colaml/shared/charts/html";
import type { ErrorCode } from "@colaml/shared/errors/cola-error";
import type { Reader } from "./reader";

/**
 * Why something failed: in the reader's language what its code means, and the detail, which is English. An English
 * reader gets the detail only.
 */
export function reasonOf({ t }: Reader, code: ErrorCode, message: string): Markup {
  const meaning = t.errorMeaning(code);
  return meaning === undefined
    ? html`<p>${message}</p>`
    : html`<p>${meaning}</p><p class="small dim" lang="en">${message}</p>`;
}

/** The same in one line, for a list: only the code's meaning, or the detail. */
export const briefReason = ({ t }: Reader, code: ErrorCode, message: string): string =>
  t.errorMeaning(code) ?? message;
