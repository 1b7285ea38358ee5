import { html, type Markup } from "@colaml/shared/charts/html";
import { type ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import type { Reader } from "./reader";
import { reasonOf } from "./reason";

/** What a part of a page is made of, or why it cannot be had: one server that is away takes only its part with it. */
export type Loaded<T> = { value: T; error?: undefined } | { value?: undefined; error: ColaError };

export async function load<T>(work: Promise<T>): Promise<Loaded<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: toColaError(error) };
  }
}

/** The part that `draw` makes, or the reason why there is none. */
export function drawn<T>(reader: Reader, loaded: Loaded<T>, draw: (value: T) => Markup): Markup {
  if (loaded.error === undefined) return draw(loaded.value);
  const { code, message } = loaded.error;
  const reason = code === "INTERNAL" ? "INTERNAL" : message;
  return html`<div class="notice warn"><strong>${reader.t.cannotLoad}</strong><div class="small">${reasonOf(reader, code, reason)}</div></div>`;
}
