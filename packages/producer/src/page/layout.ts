import { html, type Markup } from "@colaml/shared/charts/html";
import type { Messages } from "./english";
import { LANGUAGES, type Language, LOCALES } from "./language";
import type { Reader } from "./reader";

/** Path of the pages behind the overview, which is `/`. */
export const PAGES = "/ui";
export const LOGIN_PATH = "/login";

const SECTIONS = [
  ["overview", "/"],
  ["jobs", `${PAGES}/jobs`],
  ["models", `${PAGES}/models`],
  ["alerts", `${PAGES}/alerts`],
  ["queues", `${PAGES}/queues`],
  ["tryText", `${PAGES}/try`],
] as const;
export type Section = (typeof SECTIONS)[number][0];

/** What stands around the content of a page. */
export interface Frame {
  title: string;
  section?: Section;
  body: Markup;
  /** Seconds after which parts marked `data-live` are fetched again; absent: never. */
  live?: number;
  /** Path of server-sent events that say when something changed. */
  events?: string;
  /** Incidents that are open, for the mark beside "Alerts". */
  openIncidents?: number;
  /** Page of MLflow. */
  mlflow?: string;
}

const LOGO = html`<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#1f56c3"/><path d="M21.5 11a7.5 7.5 0 1 0 0 10" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="23" cy="16" r="2.2" fill="#fff"/></svg>`;

/** A whole page. Whatever a person or a job wrote is escaped by the template. */
export function layout(reader: Reader, frame: Frame): string {
  const { t, language } = reader;
  const live = frame.live === undefined ? undefined : html` data-live="${frame.live}"`;
  const events = frame.events === undefined ? undefined : html` data-events="${frame.events}"`;
  return html`<!doctype html>
<html lang="${language}" data-locale="${LOCALES[language]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${frame.title} · ColaML</title>
<link rel="icon" href="${PAGES}/assets/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="${PAGES}/assets/page.css">
<script src="${PAGES}/assets/page.js" type="module"></script></head>
<body${live}${events}><a class="skip" href="#content">${t.skipToContent}</a>
<header class="top"><div class="top-inner"><a class="brand" href="/">${LOGO}<span>ColaML</span></a>
${reader.role === undefined ? undefined : navigation(t, frame)}${who(reader)}</div></header>
<main id="content"><div id="lost" class="notice bad" role="status" hidden>${t.connectionLost}</div>${frame.body}</main>
${foot(reader, frame)}</body></html>`.text;
}

function navigation(t: Messages, { section, openIncidents = 0 }: Frame): Markup {
  const links = SECTIONS.map(([name, path]) => {
    const current = name === section ? html` aria-current="page"` : undefined;
    const count =
      name === "alerts" && openIncidents > 0
        ? html`<span class="count" title="${t.openIncidents}">${openIncidents}</span>`
        : undefined;
    return html`<a href="${path}"${current}>${t[name]}${count}</a>`;
  });
  return html`<nav class="nav">${links}</nav>`;
}

function who({ t, role, hasSession, language, path }: Reader): Markup {
  const [other] = (Object.keys(LANGUAGES) as Language[]).filter((name) => name !== language);
  const change = html`<a href="${PAGES}/language/${other}?next=${encodeURIComponent(path)}" lang="${other}" rel="nofollow">${t.otherLanguage}</a>`;
  const leave =
    role === undefined || !hasSession
      ? undefined
      : html`<span>${t.roles[role]}</span><form method="post" action="/logout"><button class="link">${t.logOut}</button></form>`;
  return html`<div class="who">${leave}${change}</div>`;
}

function foot({ t, role }: Reader, { mlflow }: Frame): Markup {
  if (role === undefined) return html``;
  const server = mlflow === undefined ? undefined : html`<a href="${mlflow}">${t.mlflow}</a>`;
  return html`<footer class="foot"><a href="/admin/queues">${t.board}</a>${server}<a href="/docs">${t.apiDocs}</a></footer>`;
}
