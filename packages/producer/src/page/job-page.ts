import { html, type Markup } from "@colaml/shared/charts/html";
import type { QueueName } from "@colaml/shared/contracts/catalogue";
import type { FastifyInstance } from "fastify";
import { cancelJob } from "../submit/cancel-job";
import { retryJob } from "../submit/job-control";
import { type JobDetail, jobDetail } from "../submit/job-detail";
import { isFinished } from "../submit/job-view";
import { promptly } from "../submit/submit-job";
import { duration, time, whole } from "./format";
import { backTo } from "./forms";
import { type JobFacts, jobFacts, shownData, shownPath } from "./job-data";
import { JOBS_PATH, jobPath } from "./job-path";
import { referenceOf } from "./job-reference";
import { jobDuration, progressBar, progressLine } from "./job-row";
import { load } from "./load";
import { modelPath } from "./model-path";
import { type PageContext, showPage } from "./page-context";
import { ask, card, doneNotice, facts, stateTag, verdictTag } from "./parts";
import type { Reader } from "./reader";
import { reasonOf } from "./reason";
import { reportOf } from "./report-file";

interface ByQueueAndId {
  Params: { queue: string; id: string };
}

/** One job: state, live progress, what it reads and writes, its payload, result and log; retry and cancel. */
export function addJobPage(scope: FastifyInstance, context: PageContext): void {
  const { queues, log } = context;
  const path = `${JOBS_PATH}/:queue/:id`;
  scope.get<ByQueueAndId>(path, { config: { role: "read", page: true } }, (request, reply) =>
    showPage(context, request, reply, async (reader) => {
      const detail = await promptly(queues, jobDetail(queues, referenceOf(request.params)));
      const { view, payload } = detail;
      const found = jobFacts(payload, view.result);
      const run = await runLink(context, found);
      const report = reportOf(found.report, context);
      const body = html`${jobHead(reader, detail)}${doneNotice(reader)}${factCard(reader, context, detail, found)}${linkRow(reader, detail, run, report !== undefined)}
<div class="columns">${dataCard(reader, reader.t.payload, "payload", payload)}${view.result === undefined || view.result === null ? undefined : dataCard(reader, reader.t.result, "result", view.result)}</div>${logCard(reader, detail)}`;
      const live = isFinished(view.status)
        ? {}
        : { live: 2, events: `/jobs/${encodeURIComponent(`${view.queue}/${view.id}`)}/events` };
      return { title: view.id, section: "jobs", body, ...live };
    }),
  );
  const act = (
    name: "retry" | "cancel",
    done: string,
    run: (reference: string) => Promise<{ queue: QueueName; id: string; removed?: boolean }>,
  ) =>
    scope.post<ByQueueAndId>(
      `${path}/${name}`,
      { config: { role: "submit", page: true } },
      async (request, reply) => {
        const { queue, id, removed } = await promptly(queues, run(referenceOf(request.params)));
        log.info(`job ${done} from the page`, { queue, jobId: id });
        return backTo(reply, removed ? JOBS_PATH : jobPath(queue, id), done);
      },
    );
  act("retry", "retried", (reference) => retryJob(queues, reference));
  act("cancel", "cancelled", async (reference) => {
    const { queue, id, cancelled } = await cancelJob(queues, reference);
    return { queue, id, removed: cancelled === "removed" };
  });
}

/** The run's page: what the worker wrote, if it is an address of MLflow's, else what MLflow says of the run. */
async function runLink(
  { models, mlflow }: PageContext,
  { runUrl, runId }: JobFacts,
): Promise<string | undefined> {
  if (runUrl !== undefined && /^https?:\/\//.test(runUrl)) return runUrl;
  if (runId === undefined || !mlflow) return undefined;
  return (await load(models.runPage(runId))).value;
}

function jobHead(reader: Reader, { view }: JobDetail): Markup {
  const { t } = reader;
  const path = jobPath(view.queue, view.id);
  const buttons = [
    ...(view.status === "failed"
      ? [html`<form method="post" action="${path}/retry"><button class="primary">${t.retry}</button></form>`]
      : []),
    ...(isFinished(view.status) || view.status === "unknown"
      ? []
      : [ask(t.cancel, t.cancelAsk, `${path}/cancel`, { tone: "danger", heading: view.id })]),
  ];
  const actions =
    reader.may("submit") && buttons.length > 0
      ? html`<div class="actions" id="actions" data-live>${buttons}</div>`
      : html`<div class="actions" id="actions" data-live></div>`;
  return html`<div class="head"><h1>${view.id}</h1><span id="state" data-live>${stateTag(t, view.status)}</span>${actions}</div>`;
}

function factCard(
  reader: Reader,
  { dataDir }: PageContext,
  { view, processedBy, payload }: JobDetail,
  found: JobFacts,
): Markup {
  const { t, language } = reader;
  const now = Date.now();
  const shown = (path: string | undefined) => path && html`<code>${shownPath(path, dataDir)}</code>`;
  const { input, output, receipt, model, version, summary, verdict, rows, rowsPerSecond } = found;
  const texts = Array.isArray(payload["texts"]) ? t.hiddenTexts(payload["texts"].length) : undefined;
  const waited = view.startedAt && Date.parse(view.startedAt) - Date.parse(view.createdAt);
  const running =
    view.status === "active"
      ? html`${progressBar(reader, view)}<span class="small dim">${progressLine(reader, view)}</span>`
      : undefined;
  const wentWrong =
    view.error &&
    html`<div class="notice bad">${reasonOf(reader, view.error.error_code, view.error.message)}<p class="small dim"><code>${view.error.error_code}</code></p></div>`;
  const list = facts([
    [t.progress, running],
    [
      t.summary,
      summary && html`${verdict === undefined ? undefined : html`${verdictTag(t, verdict)} `}${summary}`,
    ],
    [t.queue, view.queue],
    [
      t.model,
      model &&
        html`<a href="${modelPath(model)}">${model}</a> ${version === undefined ? undefined : `v${version}`}`,
    ],
    [t.input, shown(input) ?? texts],
    [t.output, shown(output)],
    [t.receipt, shown(receipt)],
    [
      t.rows,
      rows === undefined || rowsPerSecond === undefined
        ? rows === undefined
          ? undefined
          : whole(rows, language)
        : t.rowsDone(whole(rows, language), whole(Math.round(rowsPerSecond), language)),
    ],
    [t.created, time(view.createdAt, language)],
    [t.waited, typeof waited === "number" ? duration(waited, language) : undefined],
    [t.finished, view.finishedAt && time(view.finishedAt, language)],
    [t.duration, jobDuration(view, now, language)],
    [t.worker, processedBy],
    [t.attempts, view.attempts > 0 ? String(view.attempts) : undefined],
  ]);
  return html`<section class="card" id="facts" data-live>${wentWrong}<div class="body">${list}</div></section>`;
}

function linkRow({ t }: Reader, { view }: JobDetail, run: string | undefined, hasReport: boolean): Markup {
  const links = [
    ...(run === undefined ? [] : [html`<a class="button" href="${run}" rel="noreferrer">${t.openRun}</a>`]),
    ...(hasReport
      ? [html`<a class="button" href="${jobPath(view.queue, view.id)}/report">${t.openReport}</a>`]
      : []),
  ];
  return html`<p class="actions" id="links" data-live>${links}</p>`;
}

function dataCard({ t }: Reader, title: string, id: string, data: unknown): Markup {
  return card(title, html`<pre class="data">${JSON.stringify(shownData(data, t), null, 2)}</pre>`, {
    live: id,
  });
}

function logCard({ t }: Reader, { log: { lines, count } }: JobDetail): Markup {
  if (lines.length === 0)
    return card(t.log, html`<div class="empty"><p>${t.noLog}</p></div>`, { live: "log" });
  const cut =
    count > lines.length ? html`<span class="more dim">${t.logCut(lines.length, count)}</span>` : undefined;
  return card(t.log, html`<pre class="log">${lines.join("\n")}</pre>`, {
    live: "log",
    ...(cut && { more: cut }),
  });
}
