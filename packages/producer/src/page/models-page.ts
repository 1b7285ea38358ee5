import { html, type Markup } from "@colaml/shared/charts/html";
import type { FastifyInstance } from "fastify";
import { metric, time } from "./format";
import { isOpen } from "./incidents";
import { drawn, load } from "./load";
import { MAX_MODELS, type ModelSummary } from "./model-facts";
import { MODELS_PATH, modelPath } from "./model-path";
import { type PageContext, showPage } from "./page-context";
import { empty, levelTag, tag, verdictTag } from "./parts";
import type { Reader } from "./reader";

interface Row extends ModelSummary {
  open: number;
  /** Of the last check. */
  verdict?: string;
  driftLevel?: string;
  checkedAt?: string;
}

/** Every registered model with its champion and its last check. */
export function addModelsPage(scope: FastifyInstance, context: PageContext): void {
  scope.get(MODELS_PATH, { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const { t } = reader;
      const rows = await load(readRows(context));
      const body = html`<div class="head"><h1>${t.models}</h1></div>${drawn(reader, rows, (of) => modelTable(reader, of))}`;
      return { title: t.models, section: "models", body, live: 15 };
    }),
  );
}

async function readRows({ models, incidents, history }: PageContext): Promise<Row[]> {
  const [summaries, all] = await Promise.all([models.models(), incidents.list()]);
  return Promise.all(
    summaries.map(async (summary) => {
      const last = (await history.read(summary.name)).at(-1);
      return {
        ...summary,
        open: all.filter((incident) => isOpen(incident) && incident.alert.model === summary.name).length,
        ...(last && {
          verdict: last.verdict,
          checkedAt: last.at,
          ...(last.driftLevel !== undefined && { driftLevel: last.driftLevel }),
        }),
      };
    }),
  );
}

function modelTable(reader: Reader, rows: readonly Row[]): Markup {
  const { t, language } = reader;
  if (rows.length === 0)
    return html`<section class="card" id="models" data-live>${empty(t.noModels, "cola train FILE")}</section>`;
  const lines = rows.map(
    ({ name, champion, open, verdict, driftLevel, checkedAt }) => html`<tr>
<td data-label="${t.model}"><a href="${modelPath(name)}">${name}</a></td>
<td class="side" data-label="${t.champion}">${champion ? html`v${champion.version}` : html`<span class="dim">${t.noChampion}</span>`}</td>
<td class="n" data-label="${t.accuracy}">${metric(champion?.metrics["accuracy_score"], language)}</td>
<td class="n" data-label="${t.rocAuc}">${metric(champion?.metrics["roc_auc"], language)}</td>
<td data-label="${t.lastCheck}">${verdict === undefined ? html`<span class="dim">${t.noCheck}</span>` : html`<span class="nowrap">${verdictTag(t, verdict)}</span>`}</td>
<td data-label="${t.driftLevel}">${verdict === undefined ? "–" : levelTag(t, driftLevel)}</td>
<td data-label="${t.checkedAt}">${checkedAt === undefined ? "–" : time(checkedAt, language)}</td>
<td data-label="${t.openIncidents}">${open > 0 ? tag(String(open), "bad") : html`<span class="dim">${t.noneOpen}</span>`}</td></tr>`,
  );
  const cut =
    rows.length === MAX_MODELS ? html`<p class="small dim">${t.newestModels(MAX_MODELS)}</p>` : undefined;
  return html`<section class="card" id="models" data-live><table class="stack"><thead><tr><th>${t.model}</th><th>${t.champion}</th><th class="n">${t.accuracy}</th><th class="n">${t.rocAuc}</th><th>${t.lastCheck}</th><th>${t.driftLevel}</th><th>${t.checkedAt}</th><th>${t.openIncidents}</th></tr></thead><tbody>${lines}</tbody></table></section>${cut}`;
}
