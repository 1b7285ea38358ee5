import { html, type Markup } from "@colaml/shared/charts/html";
import type { FastifyInstance } from "fastify";
import { parseJobFilter } from "../submit/job-filter";
import { type JobPage, listJobs } from "../submit/list-jobs";
import { promptly } from "../submit/submit-job";
import { type AskedFor, askedFor, filterForm, isFiltered, olderPath } from "./job-filter";
import { JOBS_PATH } from "./job-path";
import { jobTable } from "./job-row";
import { drawn, load } from "./load";
import { type PageContext, showPage } from "./page-context";
import { doneNotice, empty } from "./parts";
import type { Reader } from "./reader";

/** Jobs of one page of the list. */
const LIMIT = "50";

/** The latest jobs, by a filter, page by page. */
export function addJobsPage(scope: FastifyInstance, context: PageContext): void {
  scope.get<{ Querystring: Record<string, unknown> }>(
    JOBS_PATH,
    { config: { role: "read", page: true } },
    (request, reply) =>
      showPage(context, request, reply, async (reader) => {
        const { t } = reader;
        const { queues } = context;
        const asked = askedFor(request.query);
        const filter = parseJobFilter({ ...asked, limit: LIMIT }, Date.now());
        const jobs = await load(promptly(queues, listJobs(queues, filter)));
        const list = drawn(reader, jobs, (page) => jobCard(reader, page, asked));
        const body = html`<div class="head"><h1>${t.jobs}</h1></div>${doneNotice(reader)}${filterForm(reader, asked)}${list}`;
        return { title: t.jobs, section: "jobs", body, live: 3 };
      }),
  );
}

function jobCard(reader: Reader, { jobs, next, partial }: JobPage, asked: AskedFor): Markup {
  const { t } = reader;
  const none = isFiltered(asked)
    ? html`<div class="empty"><p>${partial ? t.noJobsFitSoFar : t.noJobsFit}</p></div>`
    : empty(t.noJobs, "cola train FILE", "cola predict FILE --output OUT", "cola monitor FILE");
  const list = jobs.length === 0 ? none : jobTable(reader, jobs, Date.now());
  const older =
    next === undefined
      ? undefined
      : html`<p class="actions"><a class="button" href="${olderPath(asked, next)}">${t.older}</a></p>`;
  const notAll = partial ? html`<p class="small dim">${t.notAllJobs}</p>` : undefined;
  return html`<div id="jobs" data-live><section class="card">${list}</section>${notAll}${older}</div>`;
}
