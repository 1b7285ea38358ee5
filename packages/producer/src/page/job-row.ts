import { html, type Markup } from "@colaml/shared/charts/html";
import { isFinished, type JobView } from "../submit/job-view";
import { duration, time, whole } from "./format";
import { jobPath } from "./job-path";
import type { Language } from "./language";
import { stateTag } from "./parts";
import type { Reader } from "./reader";
import { briefReason } from "./reason";

/** Characters of a reason that a list shows. */
const MAX_NOTE = 140;
/** Characters of a job's id that a list shows. */
const MAX_ID_SHOWN = 40;

/** Jobs as a table, the same on every page. */
export function jobTable(reader: Reader, jobs: readonly JobView[], nowMs: number): Markup {
  const { t, language } = reader;
  const rows = jobs.map(
    (
      job,
    ) => html`<tr><td class="nowrap" data-label="${t.job}"><a href="${jobPath(job.queue, job.id)}">${shownId(job.id)}</a></td>
<td class="nowrap spare" data-label="${t.queue}">${job.queue}</td><td class="side" data-label="${t.state}">${stateTag(t, job.status)}</td>
<td class="nowrap" data-label="${t.created}">${time(job.createdAt, language)}</td><td class="n" data-label="${t.duration}">${jobDuration(job, nowMs, language) ?? "–"}</td>
<td class="wide" data-label="${t.note}">${jobNote(reader, job)}</td></tr>`,
  );
  return html`<table class="stack"><thead><tr><th>${t.job}</th><th>${t.queue}</th><th>${t.state}</th><th>${t.created}</th><th class="n">${t.duration}</th><th>${t.note}</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** How long a job ran, or has been running; nothing before it starts. */
export function jobDuration(
  { startedAt, finishedAt, status }: JobView,
  nowMs: number,
  language: Language,
): string | undefined {
  if (startedAt === undefined) return undefined;
  const end = finishedAt === undefined ? (isFinished(status) ? undefined : nowMs) : Date.parse(finishedAt);
  return end === undefined ? undefined : duration(end - Date.parse(startedAt), language);
}

/** One line: how far, or why not. What came of a job is on its own page: a list reads no results. */
function jobNote(reader: Reader, job: JobView): Markup {
  if (job.error)
    return html`<span class="small">${cut(briefReason(reader, job.error.error_code, job.error.message))}</span>`;
  if (job.status === "active") return html`<span class="small">${progressLine(reader, job)}</span>`;
  return html``;
}

/** What a running job does now, e.g. `boost 120 / 400 iterations`. */
export function progressLine({ t, language }: Reader, { progress }: JobView): string {
  if (!progress) return "";
  const { stage, done, total, unit, message } = progress;
  const of = total === undefined ? "" : ` / ${whole(total, language)}`;
  const count =
    done === undefined ? "" : ` ${whole(done, language)}${of}${unit === undefined ? "" : ` ${t.unit(unit)}`}`;
  return cut([`${t.stage(stage)}${count}`, ...(message === undefined ? [] : [message])].join(" · "));
}

/** The bar of a running job; without a total it only says that something is being done. */
export function progressBar(reader: Reader, job: JobView): Markup {
  const { done, total } = job.progress ?? {};
  const amount =
    done !== undefined && total ? html` value="${Math.min(done, total)}" max="${total}"` : undefined;
  return html`<progress aria-label="${reader.t.progress}"${amount}></progress>`;
}

/** A list has one line for an id: other clients make ids of any length. */
const shownId = (id: string) => cut(id, MAX_ID_SHOWN);

function cut(text: string, most = MAX_NOTE): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
