import { html, type Markup } from "@colaml/shared/charts/html";
import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { FastifyInstance } from "fastify";
import { drainQueue } from "../submit/drain-queue";
import { pauseQueue, type QueueOverview, queueOverviews, resumeQueue } from "../submit/queue-overview";
import { allSchedules } from "../submit/schedule-control";
import { promptly } from "../submit/submit-job";
import { duration, time, whole } from "./format";
import { backTo } from "./forms";
import { JOBS_PATH } from "./job-path";
import { PAGES } from "./layout";
import { drawn, load } from "./load";
import { type PageContext, showPage } from "./page-context";
import { ask, card, doneNotice, tag } from "./parts";
import type { Reader } from "./reader";
import { addScheduleForms, scheduleCard } from "./schedules-card";

export const QUEUES_PATH = `${PAGES}/queues`;

/** Every queue with its jobs by state, its workers and how long the next job has waited; pause, resume and drain; schedules. */
export function addQueuesPage(scope: FastifyInstance, context: PageContext): void {
  const { queues, log } = context;
  scope.get(QUEUES_PATH, { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const { t } = reader;
      const [loaded, planned] = await Promise.all([
        load(promptly(queues, queueOverviews(queues))),
        load(promptly(queues, allSchedules(queues))),
      ]);
      const list = drawn(reader, loaded, (of) => html`${queueTable(reader, of)}${workerTable(reader, of)}`);
      const body = html`<div class="head"><h1>${t.queues}</h1></div>${doneNotice(reader)}${list}${drawn(reader, planned, (of) => scheduleCard(reader, of))}`;
      return { title: t.queues, section: "queues", body, live: 3 };
    }),
  );
  addScheduleForms(scope, context, QUEUES_PATH);
  for (const [action, done, run] of [
    ["pause", "paused", (name: string) => pauseQueue(queues, name)],
    ["resume", "resumed", (name: string) => resumeQueue(queues, name)],
    ["drain", "drained", (name: string) => drainQueue(queues, name)],
  ] as const) {
    scope.post<{ Params: { name: string } }>(
      `${QUEUES_PATH}/:name/${action}`,
      { config: { role: "admin", page: true } },
      async (request, reply) => {
        const work: Promise<{ queue: QueueName }> = run(request.params.name);
        const { queue } = await promptly(queues, work);
        log.info(`queue ${done} from the page`, { queue });
        return backTo(reply, QUEUES_PATH, done);
      },
    );
  }
}

function queueTable(reader: Reader, overviews: readonly QueueOverview[]): Markup {
  const { t, language } = reader;
  const rows = overviews.map((overview) => {
    const { queue, paused, counts, oldestWaitingMs } = overview;
    const failed =
      counts.failed > 0
        ? html`<a href="${JOBS_PATH}?queue=${queue}&amp;state=failed">${whole(counts.failed, language)}</a>`
        : "0";
    return html`<tr><td data-label="${t.queue}"><span><a href="${JOBS_PATH}?queue=${queue}">${queue}</a> ${paused ? tag(t.paused, "warn") : undefined}</span></td>
<td class="n" data-label="${t.waiting}">${whole(counts.waiting, language)}</td><td class="n" data-label="${t.active}">${whole(counts.active + counts.waitingForChildren, language)}</td><td class="n" data-label="${t.delayed}">${whole(counts.delayed, language)}</td><td class="n" data-label="${t.failed}">${failed}</td><td class="n" data-label="${t.completed}">${whole(counts.completed, language)}</td>
<td class="n" data-label="${t.oldestWaiting}">${oldestWaitingMs === undefined ? "–" : duration(oldestWaitingMs, language)}</td><td data-label="${t.workerList}">${workersOf(reader, overview)}</td><td class="act">${queueActions(reader, overview)}</td></tr>`;
  });
  return html`<section class="card" id="queues" data-live><table class="stack compact"><thead><tr><th>${t.queue}</th><th class="n">${t.waiting}</th><th class="n">${t.active}</th><th class="n">${t.delayed}</th><th class="n">${t.failed}</th><th class="n">${t.completed}</th><th class="n">${t.oldestWaiting}</th><th>${t.workerList}</th><th><span class="unseen">${t.actions}</span></th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

/** How many listen; that none does while jobs wait is what an operator has to see. */
function workersOf({ t }: Reader, { worker, workers, otherWorkers = 0, counts }: QueueOverview): Markup {
  const count = workers.length + otherWorkers;
  if (count > 0) return html`<span>${count}</span>`;
  if (worker === undefined) return html`<span class="small dim">${t.ranByNobody}</span>`;
  return counts.waiting > 0
    ? tag(t.noWorkerListens, "bad")
    : html`<span class="dim">${t.noWorkerListens}</span>`;
}

function queueActions(reader: Reader, { queue, paused, counts }: QueueOverview): Markup {
  const { t } = reader;
  if (!reader.may("admin")) return html``;
  const path = `${QUEUES_PATH}/${queue}`;
  const stop = paused
    ? html`<form method="post" action="${path}/resume"><button class="primary">${t.resume}</button></form>`
    : ask(t.pause, t.pauseAsk, `${path}/pause`, { heading: queue });
  const drain =
    counts.waiting + counts.delayed > 0
      ? ask(t.drain, t.drainAsk, `${path}/drain`, { tone: "danger", heading: queue })
      : undefined;
  return html`<div class="actions">${stop}${drain}</div>`;
}

/** Each process that listens, once, with its queues. */
function workerTable({ t, language }: Reader, overviews: readonly QueueOverview[]): Markup {
  const byProcess = new Map<
    string,
    { host: string; pid: number; release: string; since: string; queues: string[] }
  >();
  for (const { queue, workers } of overviews)
    for (const { host, pid, release, since } of workers) {
      const known = byProcess.get(`${host} ${pid}`);
      if (known) known.queues.push(queue);
      else byProcess.set(`${host} ${pid}`, { host, pid, release, since, queues: [queue] });
    }
  if (byProcess.size === 0) return html``;
  const rows = [...byProcess.values()].map(
    ({ host, pid, release, since, queues }) =>
      html`<tr><td data-label="${t.host}">${host}</td><td class="n" data-label="${t.process}">${String(pid)}</td><td data-label="${t.release}">${release}</td><td data-label="${t.queues}">${queues.join(", ")}</td><td data-label="${t.listensSince}">${time(since, language)}</td></tr>`,
  );
  return card(
    t.workerList,
    html`<table class="stack"><thead><tr><th>${t.host}</th><th class="n">${t.process}</th><th>${t.release}</th><th>${t.queues}</th><th>${t.listensSince}</th></tr></thead><tbody>${rows}</tbody></table>`,
    { live: "workers" },
  );
}
