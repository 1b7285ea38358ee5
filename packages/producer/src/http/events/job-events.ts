import { createHash } from "node:crypto";
import { isFinished, type JobView } from "../../submit/job-view";
import type { ServerEvent } from "./event-stream";
import type { JobNews } from "./job-watches";

/** Events of a job that nothing more happens to have ids that begin so. */
const END = "end-";
/** Parts of a result that are longer as JSON are named, not sent. */
const MAX_PART = 2_000;

/** Whether news are the last ones of their job. */
export const isLast = (news: JobNews) =>
  news.kind === "gone" || (news.kind === "job" && isFinished(news.job.status));

/** Whether a browser asks again that has read the last event already. */
export const hasReadTheEnd = (lastEventId: string | undefined, news: JobNews) =>
  isLast(news) && lastEventId === idOf(news);

/**
 * News as an event: `state` with the job, `end` with its result in short or its error, `unavailable` while Redis does not
 * answer.
 *
 * @param shown gives a job as answers do
 */
export function eventOf(news: JobNews, shown: (job: JobView) => object): ServerEvent {
  const id = idOf(news);
  if (news.kind === "unavailable") return { id, event: "unavailable", data: errorOf(news.error) };
  if (news.kind === "gone")
    return { id, event: "end", data: { status: "unknown", error: errorOf(news.error) } };
  const { result, ...rest } = shown(news.job) as { result?: unknown };
  if (!isLast(news)) return { id, event: "state", data: rest };
  return { id, event: "end", data: { ...rest, ...(result === undefined ? {} : shortened(result)) } };
}

const errorOf = ({ code, message }: { code: string; message: string }) => ({ error_code: code, message });

function idOf(news: JobNews): string {
  const digest = createHash("sha256").update(JSON.stringify(news)).digest("hex").slice(0, 16);
  return `${isLast(news) ? END : ""}${digest}`;
}

/** A result without its long parts, which `omitted` names: `GET /jobs/:id/result` has them. */
function shortened(result: unknown): { result: unknown; omitted?: string[] } {
  if (typeof result !== "object" || result === null || Array.isArray(result))
    return isShort(result) ? { result } : { result: null, omitted: ["result"] };
  const parts = Object.entries(result);
  const omitted = parts.filter(([, value]) => !isShort(value)).map(([name]) => name);
  return {
    result: Object.fromEntries(parts.filter(([, value]) => isShort(value))),
    ...(omitted.length > 0 && { omitted }),
  };
}

const isShort = (value: unknown) => (JSON.stringify(value)?.length ?? 0) <= MAX_PART;
