import { html, type Markup } from "@colaml/shared/charts/html";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ChampionEntry } from "@colaml/shared/mlflow/champion";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import type { FastifyInstance } from "fastify";
import { promoteByHand, rollBackByHand } from "../registry/champion-by-hand";
import { driftNumbers } from "./drift-numbers";
import { metric, time, whole } from "./format";
import { backTo, type Form, formOf, typedLine } from "./forms";
import { jobPath } from "./job-path";
import { drawn, load } from "./load";
import { MAX_VERSIONS, type ModelFacts, type VersionFacts } from "./model-facts";
import { MODELS_PATH, modelPath } from "./model-path";
import { type PageContext, showPage } from "./page-context";
import { ask, card, doneNotice, empty, levelTag, type Tone, tag, verdictTag } from "./parts";
import { qualityCharts } from "./quality-charts";
import type { Reader } from "./reader";

/** Longest reason that the history keeps. */
const MAX_REASON = 400;
/** Checks and promotions that are listed. */
const MAX_CHECKS = 20;
const MAX_HISTORY = 30;

interface ByName {
  Params: { name: string };
}

/** One model: quality over time, versions, who was champion and why, promote and roll back. */
export function addModelPage(scope: FastifyInstance, context: PageContext): void {
  const { config, log } = context;
  scope.get<ByName>(`${MODELS_PATH}/:name`, { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const name = checkedName(request.params.name);
      const [facts, checks] = await Promise.all([
        load(context.models.model(name)),
        load(context.history.read(name)),
      ]);
      const { t } = reader;
      const threshold = name === config.model.name ? config.monitor.accuracyThreshold : undefined;
      const body = html`${drawn(reader, facts, (of) => modelHead(reader, of))}${doneNotice(reader)}
${drawn(reader, checks, (of) => qualityCharts(reader, name, of, threshold))}
${drawn(reader, checks, (of) => driftNumbers(reader, of))}
${drawn(reader, facts, (of) => html`${versionCard(reader, of)}${historyCard(reader, of.history)}`)}
${drawn(reader, checks, (of) => checkCard(reader, of))}`;
      return { title: `${name} · ${t.models}`, section: "models", body, live: 15 };
    }),
  );
  const act = (action: string, run: (name: string, form: Form) => Promise<string>) =>
    scope.post<ByName>(
      `${MODELS_PATH}/:name/${action}`,
      { config: { role: "admin", page: true } },
      async (request, reply) => {
        const name = checkedName(request.params.name);
        const done = await run(name, formOf(request));
        log.info(`model ${done} from the page`, { model: name });
        return backTo(reply, modelPath(name), done);
      },
    );
  const wish = (name: string, form: Form) => ({
    name,
    reason: typedLine(form, "reason", MAX_REASON),
    by: "the page",
    hmacKey: config.model.hmacKey,
  });
  act("promote", async (name, form) => {
    const done = await promoteByHand(mlflowOf(context), wish(name, form), form.get("version") ?? "");
    return done.changed ? "promoted" : "unchanged";
  });
  act("rollback", async (name, form) => {
    const done = await rollBackByHand(mlflowOf(context), wish(name, form), form.get("to") || undefined);
    return done.changed ? "rolledback" : "unchanged";
  });
}

/** @throws ColaError MODEL_NOT_FOUND */
function checkedName(name: string): string {
  if (SAFE_NAME.test(name)) return name;
  throw new ColaError("MODEL_NOT_FOUND", `${JSON.stringify(name.slice(0, 140))} is not the name of a model`);
}

/** @throws ColaError CONFIG_INVALID */
function mlflowOf({ mlflow }: PageContext) {
  if (mlflow) return mlflow;
  throw new ColaError("CONFIG_INVALID", "MLFLOW_TRACKING_URI is not set");
}

const reasonField = ({ t }: Reader) =>
  html`<label>${t.reasonLabel}<input name="reason" required maxlength="${MAX_REASON}"></label>`;

function modelHead(reader: Reader, { name, champion, previous, history }: ModelFacts): Markup {
  const { t } = reader;
  const isChampion = champion === undefined ? tag(t.noChampion) : tag(`${t.champion}: v${champion}`, "good");
  const earlier = [...new Set(history.map(({ version }) => version))].filter(
    (version) => version !== champion,
  );
  const canGoBack =
    champion !== undefined && ((previous !== undefined && previous !== champion) || earlier.length > 0);
  const choices = earlier.map(
    (version) =>
      html`<option value="${version}"${version === previous ? html` selected` : undefined}>v${version}</option>`,
  );
  const fields = html`${choices.length > 0 ? html`<label>${t.version}<select name="to">${choices}</select></label>` : undefined}${reasonField(reader)}`;
  const back =
    canGoBack && reader.may("admin")
      ? html`<div class="actions">${ask(t.rollBack, t.rollBackAsk, `${modelPath(name)}/rollback`, { fields })}</div>`
      : undefined;
  return html`<div class="head"><h1>${name}</h1>${isChampion}${back}</div>`;
}

const VERDICT_TONE: Readonly<Record<string, Tone>> = { PROMOTE: "good", HOLD: "warn", REJECT: "bad" };

function versionCard(reader: Reader, { name, champion, versions }: ModelFacts): Markup {
  const { t, language } = reader;
  if (versions.length === 0)
    return card(t.versions, empty(t.noVersions(name), `cola train FILE --model ${name}`));
  const rows = versions.map((version) => {
    const { verdict, verdictReason, metrics, runUrl } = version;
    const number =
      runUrl === undefined
        ? html`v${version.version}`
        : html`<a href="${runUrl}" title="${t.openRun}">v${version.version}</a>`;
    const aliases = version.aliases.map(
      (alias) => html` ${tag(alias, alias === "champion" ? "good" : "plain")}`,
    );
    const judged =
      verdict === undefined
        ? html`<span class="dim">–</span>`
        : html`<span>${tag(verdict, VERDICT_TONE[verdict] ?? "plain")}<span class="small dim">${verdictReason}</span></span>`;
    return html`<tr><td class="nowrap" data-label="${t.version}">${number}${aliases}</td>
<td class="nowrap" data-label="${t.created}">${time(version.createdAt, language)}</td>
<td class="n" data-label="${t.accuracy}">${metric(metrics["accuracy_score"], language)}</td><td class="n" data-label="${t.rocAuc}">${metric(metrics["roc_auc"], language)}</td><td class="n" data-label="${t.f1}">${metric(metrics["f1_score"], language)}</td>
<td class="wide" data-label="${t.verdict}">${judged}</td><td class="act">${promoteForm(reader, name, version, champion)}</td></tr>`;
  });
  const cut =
    versions.length === MAX_VERSIONS
      ? html`<span class="more dim">${t.newestVersions(MAX_VERSIONS)}</span>`
      : undefined;
  return card(
    t.versions,
    html`<table class="stack"><thead><tr><th>${t.version}</th><th>${t.created}</th><th class="n">${t.accuracy}</th><th class="n">${t.rocAuc}</th><th class="n">${t.f1}</th><th>${t.verdict}</th><th><span class="unseen">${t.actions}</span></th></tr></thead><tbody>${rows}</tbody></table>`,
    { live: "versions", ...(cut && { more: cut }) },
  );
}

function promoteForm(
  reader: Reader,
  name: string,
  { version }: VersionFacts,
  champion: string | undefined,
): Markup {
  const { t } = reader;
  if (version === champion || !reader.may("admin")) return html``;
  const fields = html`<input type="hidden" name="version" value="${version}">${reasonField(reader)}`;
  return ask(t.promote, t.promoteAsk, `${modelPath(name)}/promote`, {
    fields,
    heading: t.promoteTitle(version),
  });
}

function historyCard({ t, language }: Reader, history: readonly ChampionEntry[]): Markup {
  if (history.length === 0)
    return card(t.history, html`<div class="empty"><p>${t.noHistory}</p></div>`, { live: "history" });
  const entries = history.slice(0, MAX_HISTORY).map(({ version, at, reason, replaced }) => {
    const instead =
      replaced === undefined ? undefined : html` <span class="dim">${t.inPlaceOf(replaced)}</span>`;
    return html`<li><strong>v${version}</strong>${instead} · <span class="dim">${time(at, language)}</span><div>${reason}</div></li>`;
  });
  return card(t.history, html`<ol class="history">${entries}</ol>`, { live: "history" });
}

function checkCard(reader: Reader, records: readonly CheckRecord[]): Markup {
  const { t, language } = reader;
  if (records.length === 0) return html``;
  const rows = records
    .slice(-MAX_CHECKS)
    .reverse()
    .map(
      ({ id, at, modelVersion, rows, n, accuracy, estimated, driftLevel, verdict }) => html`<tr>
<td class="nowrap" data-label="${t.check}"><a href="${jobPath("monitor", id)}">${time(at, language)}</a></td><td data-label="${t.version}">v${modelVersion}</td>
<td class="side" data-label="${t.verdict}">${verdictTag(t, verdict)}</td><td class="n" data-label="${t.rows}">${whole(rows, language)}</td><td class="n" data-label="${t.labelled}">${whole(n, language)}</td>
<td class="n" data-label="${t.accuracy}">${metric(accuracy, language)}</td><td class="n" data-label="${t.estimate}">${metric(estimated, language)}</td><td data-label="${t.driftLevel}">${levelTag(t, driftLevel)}</td></tr>`,
    );
  return card(
    t.checks,
    html`<table class="stack"><thead><tr><th>${t.check}</th><th>${t.version}</th><th>${t.verdict}</th><th class="n">${t.rows}</th><th class="n">${t.labelled}</th><th class="n">${t.accuracy}</th><th class="n">${t.estimate}</th><th>${t.driftLevel}</th></tr></thead><tbody>${rows}</tbody></table>`,
    { live: "checks" },
  );
}
