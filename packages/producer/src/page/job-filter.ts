import { html, type Markup } from "@colaml/shared/charts/html";
import { LISTED_QUEUES } from "@colaml/shared/contracts/catalogue";
import { LISTED_STATES } from "../submit/job-filter";
import { JOBS_PATH } from "./job-path";
import type { Reader } from "./reader";

/** What the form of the list asks for; an empty choice is not asked for. */
const FIELDS = ["queue", "state", "since", "model", "cursor"] as const;
type Field = (typeof FIELDS)[number];
export type AskedFor = Partial<Record<Field, string>>;

/** The fields of a query that are filled in. */
export function askedFor(query: Readonly<Record<string, unknown>>): AskedFor {
  return Object.fromEntries(
    FIELDS.flatMap((name) => {
      const value = query[name];
      return typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : [];
    }),
  );
}

export const isFiltered = ({ cursor: _, ...filter }: AskedFor) => Object.keys(filter).length > 0;

/** The page of the list behind this one. */
export const olderPath = (asked: AskedFor, cursor: string) =>
  `${JOBS_PATH}?${new URLSearchParams({ ...asked, cursor })}`;

export function filterForm({ t }: Reader, asked: AskedFor): Markup {
  const choice = (name: Field, title: string, values: readonly (readonly [string, string])[]) => {
    const options = values.map(
      ([value, text]) =>
        html`<option value="${value}"${asked[name] === value ? html` selected` : undefined}>${text}</option>`,
    );
    return html`<label>${title}<select name="${name}" data-submit><option value="">${t.any}</option>${options}</select></label>`;
  };
  const clear = isFiltered(asked)
    ? html`<a class="button" href="${JOBS_PATH}">${t.clearFilter}</a>`
    : undefined;
  const queues = LISTED_QUEUES.map((name) => [name, name] as const);
  const states = LISTED_STATES.map((name) => [name, t.states[name]] as const);
  const times = [
    ["1h", t.lastHour],
    ["1d", t.lastDay],
    ["7d", t.lastWeek],
  ] as const;
  return html`<section class="card"><div class="body"><form class="row" method="get" action="${JOBS_PATH}">
${choice("queue", t.queue, queues)}${choice("state", t.state, states)}${choice("since", t.since, times)}
<label>${t.model}<input name="model" value="${asked.model ?? ""}" maxlength="128"></label>
<div class="actions"><button>${t.filter}</button>${clear}</div></form></div></section>`;
}
