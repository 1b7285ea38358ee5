import { html, type Markup } from "@colaml/shared/charts/html";
import type { Schedule } from "@colaml/shared/queue/schedules";
import type { FastifyInstance } from "fastify";
import { changeSchedule, dropSchedule } from "../submit/schedule-control";
import { promptly } from "../submit/submit-job";
import { duration, time } from "./format";
import { backTo } from "./forms";
import { jobFacts } from "./job-data";
import { PAGES } from "./layout";
import { modelPath } from "./model-path";
import type { PageContext } from "./page-context";
import { ask, card, empty, tag } from "./parts";
import type { Reader } from "./reader";

const SCHEDULES_PATH = `${PAGES}/schedules`;

/** Pausing, resuming and removing a schedule; then back to `page`, which lists them. */
export function addScheduleForms(scope: FastifyInstance, { queues, log }: PageContext, page: string): void {
  const act = (action: string, done: string, run: (id: string) => Promise<{ id: string }>) =>
    scope.post<{ Params: { id: string } }>(
      `${SCHEDULES_PATH}/:id/${action}`,
      { config: { role: "admin", page: true } },
      async (request, reply) => {
        const { id } = await promptly(queues, run(request.params.id));
        log.info(`schedule ${action}d from the page`, { schedule: id });
        return backTo(reply, page, done);
      },
    );
  act("pause", "schedulePaused", (id) => changeSchedule(queues, id, "pause"));
  act("resume", "scheduleResumed", (id) => changeSchedule(queues, id, "resume"));
  act("remove", "scheduleRemoved", (id) => dropSchedule(queues, id));
}

/** Schedules by their next run, with what an administrator may do to them. */
export function scheduleCard(reader: Reader, schedules: readonly Schedule[]): Markup {
  const { t, language } = reader;
  if (schedules.length === 0)
    return card(t.schedules, empty(t.noSchedules, "cola schedule add monitor --every 1h"), {
      live: "schedules",
    });
  const rows = schedules.map((schedule) => {
    const { id, queue, next, paused, payload } = schedule;
    const { model, input } = jobFacts(payload, undefined);
    const about = model === undefined ? undefined : html`<a href="${modelPath(model)}">${model}</a>`;
    const run = paused ? tag(t.paused, "warn") : time(next, language);
    return html`<tr><td data-label="${t.schedule}"><strong>${id}</strong></td><td data-label="${t.queue}">${queue}</td>
<td data-label="${t.runs}">${intervalOf(reader, schedule)}</td><td class="nowrap" data-label="${t.nextRun}">${run}</td>
<td data-label="${t.model}">${about ?? "–"}</td><td data-label="${t.input}">${input?.split("/").at(-1) ?? "–"}</td><td class="act">${actions(reader, schedule)}</td></tr>`;
  });
  return card(
    t.schedules,
    html`<table class="stack"><thead><tr><th>${t.schedule}</th><th>${t.queue}</th><th>${t.runs}</th><th>${t.nextRun}</th><th>${t.model}</th><th>${t.input}</th><th><span class="unseen">${t.actions}</span></th></tr></thead><tbody>${rows}</tbody></table>`,
    { live: "schedules" },
  );
}

function intervalOf({ t, language }: Reader, { everyMs, cron, timezone }: Schedule): Markup | string {
  if (everyMs !== undefined) return t.every(duration(everyMs, language));
  return html`<span><code>${cron}</code> ${timezone}</span>`;
}

function actions(reader: Reader, { id, paused }: Schedule): Markup {
  const { t } = reader;
  if (!reader.may("admin")) return html``;
  const path = `${SCHEDULES_PATH}/${encodeURIComponent(id)}`;
  const stop = paused
    ? html`<form method="post" action="${path}/resume"><button class="primary">${t.resume}</button></form>`
    : ask(t.pause, t.pauseScheduleAsk, `${path}/pause`, { heading: id });
  return html`<div class="actions">${stop}${ask(t.remove, t.removeAsk, `${path}/remove`, { tone: "danger", heading: id })}</div>`;
}
