import { html, type Markup } from "@colaml/shared/charts/html";
import type { CheckStatus, DriftLevel } from "@colaml/shared/contracts/monitor";
import type { JobStatus } from "../submit/job-view";
import type { Messages } from "./english";
import type { Reader } from "./reader";

/** Small pieces that every page shares. */

export type Tone = "good" | "warn" | "bad" | "busy" | "plain";

export const tag = (text: string, tone: Tone = "plain"): Markup =>
  html`<span class="tag ${tone}">${text}</span>`;

const STATE_TONE: Record<JobStatus, Tone> = {
  waiting: "plain",
  delayed: "plain",
  active: "busy",
  completed: "good",
  failed: "bad",
  unknown: "plain",
};

export const stateTag = (t: Messages, state: JobStatus): Markup => tag(t.states[state], STATE_TONE[state]);

const VERDICT_TONE: Record<CheckStatus, Tone> = {
  pass: "good",
  warn: "warn",
  fail: "bad",
  "no verdict": "plain",
};

/** What a check said; a word of another release as it is. */
export function verdictTag(t: Messages, verdict: string): Markup {
  if (!Object.hasOwn(VERDICT_TONE, verdict)) return tag(verdict);
  const known = verdict as CheckStatus;
  return tag(t.verdicts[known], VERDICT_TONE[known]);
}

const LEVEL_TONE: Record<DriftLevel, Tone> = { none: "good", warning: "warn", alert: "bad" };

export function levelTag(t: Messages, level: string | undefined): Markup {
  if (level === undefined || !Object.hasOwn(LEVEL_TONE, level)) return tag(t.driftUnknown);
  const known = level as DriftLevel;
  return tag(t.levels[known], LEVEL_TONE[known]);
}

/** One number of an overview; with `href` it leads to what it counts. */
export function tile(
  name: string,
  value: Markup | string,
  below: Markup | string,
  options: TileOptions = {},
): Markup {
  const { href, tone = "plain" } = options;
  const inner = html`<span>${name}</span><b>${value}</b><span>${below}</span>`;
  return href === undefined
    ? html`<div class="tile ${tone}">${inner}</div>`
    : html`<a class="tile ${tone}" href="${href}">${inner}</a>`;
}

interface TileOptions {
  href?: string;
  tone?: Tone;
}

/** A part of a page with a heading. With `live` it is fetched again. */
export function card(title: string, content: Markup, options: CardOptions = {}): Markup {
  const { live, more } = options;
  const attributes = live === undefined ? undefined : html` id="${live}" data-live`;
  return html`<section class="card"${attributes}><header><h2>${title}</h2>${more}</header>${content}</section>`;
}

interface CardOptions {
  /** Id of a part that is fetched again. */
  live?: string;
  /** At the right end of the heading. */
  more?: Markup;
}

export const more = (href: string, text: string): Markup => html`<a class="more" href="${href}">${text}</a>`;

/** Nothing is here yet: why, and what to type next. */
export function empty(text: string, ...commands: string[]): Markup {
  return html`<div class="empty"><p>${text}</p>${commands.map((command) => html`<pre>${command}</pre>`)}</div>`;
}

/**
 * A button behind a question: a click opens it, a second one does it. Works without a script.
 * @param fields inputs that the form has
 */
export function ask(title: string, question: string, action: string, options: AskOptions = {}): Markup {
  const { fields, tone = "primary", heading } = options;
  const strong = heading === undefined ? undefined : html`<strong>${heading}</strong>`;
  return html`<details class="ask"><summary class="button">${title}</summary>
<form method="post" action="${action}">${strong}<span class="small dim">${question}</span>${fields}<button class="${tone}">${title}</button></form></details>`;
}

interface AskOptions {
  fields?: Markup;
  tone?: "primary" | "danger";
  heading?: string;
}

/** A name, and what it is; without a value there is no line. */
export function facts(entries: readonly (readonly [string, Markup | string | undefined])[]): Markup {
  const lines = entries.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [html`<dt>${name}</dt><dd>${value}</dd>`],
  );
  return html`<dl class="facts">${lines}</dl>`;
}

/** What was just done, after the way back from a form; only words of our own are shown. */
export function doneNotice({ t, path }: Reader): Markup {
  const done = new URLSearchParams(path.split("?")[1] ?? "").get("done") ?? "";
  if (!Object.hasOwn(t.done, done)) return html``;
  return html`<div class="notice good" role="status">${t.done[done as keyof Messages["done"]]}</div>`;
}
