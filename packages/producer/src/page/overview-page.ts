import { html, type Markup } from "@colaml/shared/charts/html";
import type { Incident } from "@colaml/shared/contracts/alerts";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";
import type { FastifyInstance } from "fastify";
import { parseJobFilter } from "../submit/job-filter";
import { type JobPage, listJobs } from "../submit/list-jobs";
import { type QueueOverview, queueOverviews } from "../submit/queue-overview";
import { promptly } from "../submit/submit-job";
import { ALERTS_PATH, incidentTable } from "./alerts-page";
import { metric, time, whole } from "./format";
import { isOpen } from "./incidents";
import { JOBS_PATH, jobPath } from "./job-path";
import { jobDuration, jobTable, progressBar, progressLine } from "./job-row";
import { type Loaded, load } from "./load";
import type { ModelSource, ModelSummary } from "./model-facts";
import { modelPath } from "./model-path";
import { type PageContext, showPage } from "./page-context";
import { card, doneNotice, empty, more, tile, verdictTag } from "./parts";
import { QUEUES_PATH } from "./queues-page";
import type { Reader } from "./reader";

const MAX_JOBS = "8";
const MAX_INCIDENTS = 5;

/** What one look should tell: is everything well, what runs, what happened last. */
interface Overview {
  health: Record<string, { ok: boolean; reason?: string }>;
  /** The model that is shown. */
  model: Loaded<ModelSummary>;
  last: Loaded<CheckRecord | undefined>;
  incidents: Loaded<readonly Incident[]>;
  queues: Loaded<QueueOverview[]>;
  /** The latest, and those that run. */
  jobs: Loaded<JobPage>;
  active: Loaded<JobPage>;
}

export function addOverviewPage(scope: FastifyInstance, context: PageContext): void {
  scope.get("/", { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const { t } = reader;
      const overview = await readOverview(context);
      const body = html`<div class="head"><h1>${t.overview}</h1></div>${doneNotice(reader)}${away(reader, overview)}${tiles(reader, overview, context.config.model.name)}
${openIncidents(reader, overview)}${running(reader, overview)}${latest(reader, overview)}`;
      return { title: t.overview, section: "overview", body, live: 3 };
    }),
  );
}

/** The model of the settings; if it has no champion, the newest that has one. */
async function shownModel(models: ModelSource, configured: string): Promise<ModelSummary> {
  const champion = await models.champion(configured);
  if (champion) return { name: configured, champion };
  return (await models.models()).find((model) => model.champion) ?? { name: configured };
}

async function readOverview(context: PageContext): Promise<Overview> {
  const { queues, models, history, incidents } = context;
  const model = await load(shownModel(models, context.config.model.name));
  const shown = model.value?.name ?? context.config.model.name;
  const list = (query: Record<string, string>) =>
    load(promptly(queues, listJobs(queues, parseJobFilter({ limit: MAX_JOBS, ...query }, Date.now()))));
  const [health, last, open, overviews, jobs, active] = await Promise.all([
    context.health(),
    load(history.read(shown).then((checks) => checks.at(-1))),
    load(incidents.list().then((all) => all.filter(isOpen))),
    load(promptly(queues, queueOverviews(queues))),
    list({}),
    list({ state: "active" }),
  ]);
  return { health, model, last, incidents: open, queues: overviews, jobs, active };
}

const SERVERS: Readonly<Record<string, string>> = { redis: "Redis", mlflow: "MLflow" };

/** A server that is away, first of all. */
function away({ t }: Reader, { health }: Overview): Markup {
  const notices = Object.entries(health)
    .filter(([, { ok }]) => !ok)
    .map(
      ([name, { reason = "" }]) =>
        html`<div class="notice bad" role="alert">${t.serverAway(SERVERS[name] ?? name, reason)}</div>`,
    );
  return html`<div id="health" data-live>${notices}</div>`;
}

function tiles(reader: Reader, overview: Overview, configured: string): Markup {
  const { t, language } = reader;
  const { name: model, champion } = overview.model.value ?? { name: configured };
  const accuracy = champion?.metrics["accuracy_score"];
  const last = overview.last.value;
  const open = overview.incidents.value ?? [];
  const unseen = open.filter(({ acknowledged }) => acknowledged === undefined).length;
  const queues = overview.queues.value ?? [];
  const sum = (of: (queue: QueueOverview) => number) => queues.reduce((total, queue) => total + of(queue), 0);
  const active = sum(({ counts }) => counts.active + counts.waitingForChildren);
  return html`<div class="tiles" id="tiles" data-live>
${tile(t.champion, champion ? `v${champion.version}` : "–", champion ? html`${model}${accuracy === undefined ? undefined : html`<br>${t.testAccuracy(metric(accuracy, language))}`}` : t.noChampion, { href: modelPath(model) })}
${tile(t.lastCheck, last ? verdictTag(t, last.verdict) : "–", last ? time(last.at, language) : t.noCheck, { href: modelPath(model) })}
${tile(t.openIncidents, whole(open.length, language), open.length === 0 ? t.noneOpen : unseen > 0 ? t.notSeenYet(unseen) : t.allSeen, { href: ALERTS_PATH, tone: unseen > 0 ? "bad" : "plain" })}
${tile(
  t.runningJobs,
  whole(active, language),
  t.waitingAndFailed(
    whole(
      // What lies in a queue without a worker of ours, such as alerts, waits for nobody here.
      sum(({ worker, counts }) => (worker === undefined ? 0 : counts.waiting)),
      language,
    ),
    whole(
      sum(({ counts }) => counts.failed),
      language,
    ),
  ),
  { href: JOBS_PATH },
)}
${workerTile(reader, queues)}</div>`;
}

function workerTile({ t, language }: Reader, queues: readonly QueueOverview[]): Markup {
  const processes = new Set(
    queues.flatMap(({ workers }) => workers.map(({ host, pid }) => `${host} ${pid}`)),
  );
  const hosts = new Set(queues.flatMap(({ workers }) => workers.map(({ host }) => host)));
  const others = Math.max(0, ...queues.map(({ otherWorkers = 0 }) => otherWorkers));
  const lacking = queues.filter(
    ({ worker, workers, otherWorkers = 0, counts }) =>
      worker !== undefined && workers.length + otherWorkers === 0 && counts.waiting > 0,
  );
  const below =
    lacking.length > 0
      ? t.workersMissing(lacking.map(({ queue }) => queue).join(", "))
      : processes.size > 0
        ? t.workersListen(hosts.size)
        : t.noWorkers;
  const tone = lacking.length > 0 ? "bad" : "plain";
  return tile(t.workers, whole(processes.size + others, language), below, { href: QUEUES_PATH, tone });
}

function openIncidents(reader: Reader, { incidents }: Overview): Markup {
  const open = incidents.value ?? [];
  if (open.length === 0) return html`<div id="incidents" data-live></div>`;
  const { t } = reader;
  return html`<div id="incidents" data-live>${card(t.openIncidents, incidentTable(reader, open.slice(0, MAX_INCIDENTS)), { more: more(ALERTS_PATH, t.allOf(t.alerts)) })}</div>`;
}

function running(reader: Reader, overview: Overview): Markup {
  const { t } = reader;
  const active = overview.active.value?.jobs ?? [];
  if (active.length === 0) return html`<div id="running" data-live></div>`;
  const now = Date.now();
  const lines = active.map(
    (job) =>
      html`<li><a href="${jobPath(job.queue, job.id)}"><strong>${job.id}</strong></a> <span class="dim small">${job.queue} · ${jobDuration(job, now, reader.language)}</span>${progressBar(reader, job)}<span class="small dim">${progressLine(reader, job)}</span></li>`,
  );
  return html`<div id="running" data-live>${card(t.nowRunning, html`<ol class="history">${lines}</ol>`)}</div>`;
}

function latest(reader: Reader, { jobs, model }: Overview): Markup {
  const { t } = reader;
  if (jobs.error) return html`<div id="latest" data-live></div>`;
  const shown = jobs.value.jobs;
  const none = model.value?.champion
    ? empty(t.noJobs, "cola predict FILE --output OUT", "cola monitor FILE")
    : empty(t.firstSteps, "cola train FILE");
  const content = shown.length === 0 ? none : jobTable(reader, shown, Date.now());
  return card(t.latestJobs, content, {
    live: "latest",
    ...(shown.length > 0 && { more: more(JOBS_PATH, t.allOf(t.jobs)) }),
  });
}
