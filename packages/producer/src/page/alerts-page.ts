import { html, type Markup } from "@colaml/shared/charts/html";
import type { Incident } from "@colaml/shared/contracts/alerts";
import type { FastifyInstance } from "fastify";
import { time } from "./format";
import { backTo, formOf, typedLine } from "./forms";
import { isOpen } from "./incidents";
import { PAGES } from "./layout";
import { drawn, load } from "./load";
import { modelPath } from "./model-path";
import { type PageContext, showPage } from "./page-context";
import { ask, doneNotice, empty, type Tone, tag } from "./parts";
import type { Reader } from "./reader";

export const ALERTS_PATH = `${PAGES}/alerts`;
/** Incidents that are shown. */
const MAX_SHOWN = 100;

/** Incidents with what happened, and a button to note that somebody has seen one. */
export function addAlertsPage(scope: FastifyInstance, context: PageContext): void {
  scope.get<{ Querystring: { open?: string } }>(
    ALERTS_PATH,
    { config: { role: "read", page: true } },
    (request, reply) =>
      showPage(context, request, reply, async (reader) => {
        const onlyOpen = request.query.open === "true";
        const loaded = await load(context.incidents.list());
        const { t } = reader;
        const choice = html`<div class="actions"><a class="button" href="${ALERTS_PATH}${onlyOpen ? "" : "?open=true"}">${onlyOpen ? t.everyAlert : t.onlyOpen}</a></div>`;
        const list = drawn(reader, loaded, (incidents) =>
          incidentCard(reader, onlyOpen ? incidents.filter(isOpen) : incidents, onlyOpen),
        );
        const body = html`<div class="head"><h1>${t.alerts}</h1>${choice}</div>${doneNotice(reader)}${list}`;
        return { title: t.alerts, section: "alerts", body, live: 10 };
      }),
  );
  scope.post<{ Params: { id: string } }>(
    `${ALERTS_PATH}/:id/acknowledge`,
    { config: { role: "submit", page: true } },
    async (request, reply) => {
      const by = typedLine(formOf(request), "by", 128);
      await context.incidents.acknowledge(request.params.id, by);
      return backTo(reply, ALERTS_PATH, "acknowledged");
    },
  );
}

function incidentCard(reader: Reader, incidents: readonly Incident[], onlyOpen: boolean): Markup {
  const { t } = reader;
  if (incidents.length === 0) {
    const nothing = onlyOpen
      ? html`<div class="empty"><p>${t.noOpenAlerts}</p></div>`
      : empty(t.noAlerts, "cola schedule add monitor --every 1h");
    return html`<section class="card" id="incidents" data-live>${nothing}</section>`;
  }
  const shown = incidents.slice(0, MAX_SHOWN);
  const cut =
    incidents.length > MAX_SHOWN ? html`<p class="small dim">${t.newestAlerts(MAX_SHOWN)}</p>` : undefined;
  return html`<div id="incidents" data-live><section class="card">${incidentTable(reader, shown)}</section>${cut}</div>`;
}

const TONE: Record<Incident["alert"]["severity"], Tone> = { info: "busy", warning: "warn", critical: "bad" };

/** One line per incident; a person who may submit can acknowledge those that nobody has seen. */
export function incidentTable(reader: Reader, incidents: readonly Incident[]): Markup {
  const { t, language } = reader;
  const rows = incidents.map(({ alert, recovered, acknowledged }) => {
    const state = recovered ? tag(t.recovered) : tag(t.firing, TONE[alert.severity]);
    const seen = acknowledged ? t.seenBy(acknowledged.by) : "";
    return html`<tr><td data-label="${t.message}"><span><strong>${alert.rule}</strong> · ${t.severities[alert.severity]}<span class="small dim" lang="en">${alert.message}</span></span></td>
<td class="side" data-label="${t.state}">${state}</td>
<td class="nowrap" data-label="${t.model}"><span><a href="${modelPath(alert.model)}">${alert.model}</a> v${alert.modelVersion}</span></td>
<td class="nowrap" data-label="${t.began}">${time(alert.at, language)}</td><td class="nowrap" data-label="${t.ended}">${recovered ? time(recovered.at, language) : "–"}</td>
<td class="act">${acknowledged || !reader.may("submit") ? html`<span class="dim small">${seen}</span>` : acknowledgeForm(reader, alert)}</td></tr>`;
  });
  return html`<table class="stack"><thead><tr><th>${t.message}</th><th>${t.state}</th><th>${t.model}</th><th>${t.began}</th><th>${t.ended}</th><th><span class="unseen">${t.actions}</span></th></tr></thead><tbody>${rows}</tbody></table>`;
}

function acknowledgeForm({ t }: Reader, { id, rule, model }: Incident["alert"]): Markup {
  const fields = html`<label>${t.yourName}<input name="by" required maxlength="128" autocomplete="name"></label>`;
  return ask(t.acknowledge, t.acknowledgeAsk, `${ALERTS_PATH}/${encodeURIComponent(id)}/acknowledge`, {
    fields,
    heading: `${rule} · ${model}`,
  });
}
