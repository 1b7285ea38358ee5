import { cursorOf, isBehind, type JobFilter, parseJobFilter } from "./job-filter";
import { parsedJson, readModels } from "./job-models";
import { CLOCKS_MS, type PlacedJob, placedJobs } from "./job-places";
import type { JobQueues } from "./job-queues";
import { type JobView, viewJob } from "./job-view";

/** A page of a list of jobs, newest first. */
export interface JobPage {
  /** Without their results: `GET /jobs/:id/result`, `cola jobs show`. */
  jobs: JobView[];
  /** What `cursor` must be for the page behind this one; absent: there is none. */
  next?: string;
}

/** Jobs that have ended are looked through in steps that grow. */
const FIRST_DEPTH = 500;
const DEPTH_GROWTH = 8;
/** Jobs that are asked for their models in one go. */
const ASKED_AT_ONCE = 100;
const FIELDS = ["timestamp", "processedOn", "finishedOn", "ats", "atm", "progress", "failedReason"] as const;

/**
 * A page of jobs, ordered by the time they were added, newest first. The place of a job does not change while it waits,
 * runs and ends, so a list that is read page by page holds each job once.
 *
 * @example await listJobs(queues, parseJobFilter({ state: "failed", limit: "10" }, Date.now()))
 */
export async function listJobs(
  queues: JobQueues,
  filter: JobFilter = parseJobFilter({}, Date.now()),
): Promise<JobPage> {
  const models = new Map<string, readonly string[]>();
  const about = async (jobs: readonly PlacedJob[]) => {
    if (filter.model === undefined) return jobs;
    const unknown = jobs.filter(({ key }) => !models.has(key));
    for (const [key, names] of await readModels(queues, unknown)) models.set(key, names);
    return jobs.filter(({ key }) => models.get(key)?.includes(filter.model!));
  };
  const times = new Map<string, number>();
  for (let depth = FIRST_DEPTH; ; depth *= DEPTH_GROWTH) {
    const { jobs, unseenUntil } = await placedJobs(queues, filter, depth, times);
    const sure = unseenUntil === undefined ? Number.NEGATIVE_INFINITY : unseenUntil + CLOCKS_MS;
    const wanted = jobs.filter((job) => isWanted(job, filter)).sort((a, b) => (isBehind(a, b) ? 1 : -1));
    const page = await firstOf(wanted, (job) => job.addedAt > sure, about, filter.limit + 1);
    if (page.length > filter.limit || unseenUntil === undefined) return pageOf(queues, page, filter.limit);
  }
}

const isWanted = (job: PlacedJob, { since, after }: JobFilter) =>
  (since === undefined || job.addedAt >= since) && (after === undefined || isBehind(job, after));

/** The first `count` jobs that are about the model, as long as it is sure that none was overlooked before them. */
async function firstOf(
  jobs: readonly PlacedJob[],
  isSure: (job: PlacedJob) => boolean,
  about: (jobs: readonly PlacedJob[]) => Promise<readonly PlacedJob[]>,
  count: number,
): Promise<PlacedJob[]> {
  const found: PlacedJob[] = [];
  for (let from = 0; from < jobs.length && found.length < count; from += ASKED_AT_ONCE) {
    const some = jobs.slice(from, from + ASKED_AT_ONCE).filter(isSure);
    if (some.length === 0) break;
    found.push(...(await about(some)));
  }
  return found.slice(0, count);
}

async function pageOf(queues: JobQueues, found: readonly PlacedJob[], limit: number): Promise<JobPage> {
  const shown = found.slice(0, limit);
  const views = await Promise.all(shown.map((job) => readView(queues, job)));
  return {
    jobs: views.filter((view) => view !== undefined),
    ...(found.length > limit && { next: cursorOf(shown.at(-1)!) }),
  };
}

/** Reads what a list shows, and neither payload nor result. */
async function readView(queues: JobQueues, { queue, id, state }: PlacedJob): Promise<JobView | undefined> {
  const key = queues.queue(queue).toKey(id);
  const names = queue === "predict-dead" ? [...FIELDS, "data"] : FIELDS;
  const [timestamp, processedOn, finishedOn, ats, atm, progress, failedReason, data] =
    await queues.redis.hmget(key, ...names);
  if (!timestamp) return undefined;
  const time = (text: string | null | undefined) => (text ? Number(text) : undefined);
  return viewJob(
    {
      id,
      timestamp: Number(timestamp),
      processedOn: time(processedOn),
      finishedOn: time(finishedOn),
      attemptsStarted: Number(ats ?? 0),
      attemptsMade: Number(atm ?? 0),
      progress: parsedJson(progress),
      failedReason: failedReason ?? undefined,
      data: parsedJson(data),
      returnvalue: undefined,
    },
    queue,
    state,
  );
}
