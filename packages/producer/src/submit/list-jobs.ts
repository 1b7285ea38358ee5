import { isTime } from "@colaml/shared/queue/stored-jobs";
import { cursorOf, isBehind, type JobFilter, parseJobFilter } from "./job-filter";
import { MODEL_BUDGET, type ModelBudget, ModelSearch, parsedJson } from "./job-models";
import { CLOCKS_MS, endedSince, type PlacedJob, placedJobs } from "./job-places";
import type { JobQueues } from "./job-queues";
import { type JobView, viewJob } from "./job-view";

/** A page of a list of jobs, newest first. */
export interface JobPage {
  /** Without their results: `GET /jobs/:id/result`, `cola jobs show`. */
  jobs: JobView[];
  /** What `cursor` must be for the page behind this one; absent: there is none. */
  next?: string;
  /**
   * The page ended before it was full, because as many jobs were asked for their model as one page may: the rest is
   * behind `next`. Absent: false.
   */
  partial?: true;
}

/** Jobs that have ended are looked through in steps that grow. */
const FIRST_DEPTH = 500;
const DEPTH_GROWTH = 4;
/** Jobs that are asked for their models in one go. */
const ASKED_AT_ONCE = 100;
const FIELDS = ["timestamp", "processedOn", "finishedOn", "ats", "atm", "progress", "failedReason"] as const;

/**
 * A page of jobs, ordered by the time they were added, newest first. The place of a job does not change while it waits,
 * runs and ends, so a list that is read page by page holds each job once. With a model, a page may be partial.
 *
 * @example await listJobs(queues, parseJobFilter({ state: "failed", limit: "10" }, Date.now()))
 */
export async function listJobs(
  queues: JobQueues,
  filter: JobFilter = parseJobFilter({}, Date.now()),
  budget: ModelBudget = MODEL_BUDGET,
): Promise<JobPage> {
  const search = filter.model === undefined ? undefined : new ModelSearch(queues, filter.model, budget);
  const times = new Map<string, number>();
  const passed = filter.after === undefined ? 0 : await endedSince(queues, filter, filter.after.addedAt);
  for (let depth = FIRST_DEPTH; ; depth *= DEPTH_GROWTH) {
    const { jobs, unseenUntil } = await placedJobs(queues, filter, passed + depth, times);
    const sure = unseenUntil === undefined ? Number.NEGATIVE_INFINITY : unseenUntil + CLOCKS_MS;
    const wanted = jobs.filter((job) => job.addedAt > sure).sort((a, b) => (isBehind(a, b) ? 1 : -1));
    const found = await firstOf(wanted, search, filter.limit + 1);
    if (found.jobs.length > filter.limit || found.lookedUntil !== undefined || unseenUntil === undefined)
      return pageOf(queues, found, filter.limit);
  }
}

interface FoundJobs {
  jobs: readonly PlacedJob[];
  /** The place up to which jobs were asked for their model, if that is not all of them. */
  lookedUntil?: PlacedJob;
}

/** The first `count` jobs of a list, of those that are about the model. */
async function firstOf(
  jobs: readonly PlacedJob[],
  search: ModelSearch | undefined,
  count: number,
): Promise<FoundJobs> {
  if (search === undefined) return { jobs: jobs.slice(0, count) };
  const found: PlacedJob[] = [];
  for (let from = 0; from < jobs.length && found.length < count; from += ASKED_AT_ONCE) {
    const some = jobs.slice(from, from + ASKED_AT_ONCE);
    // the first are asked in any case: each page must come further
    if (from > 0 && search.isSpent && !search.knows(some))
      return { jobs: found, lookedUntil: jobs[from - 1]! };
    found.push(...(await search.find(some)));
  }
  return { jobs: found.slice(0, count) };
}

async function pageOf(queues: JobQueues, { jobs, lookedUntil }: FoundJobs, limit: number): Promise<JobPage> {
  const shown = jobs.slice(0, limit);
  const views = await Promise.all(shown.map((job) => readView(queues, job)));
  const last = lookedUntil ?? (jobs.length > limit ? shown.at(-1) : undefined);
  return {
    jobs: views.filter((view) => view !== undefined),
    ...(last !== undefined && { next: cursorOf(last) }),
    ...(lookedUntil !== undefined && { partial: true }),
  };
}

/** Reads what a list shows, and neither payload nor result. */
async function readView(queues: JobQueues, { queue, id, state }: PlacedJob): Promise<JobView | undefined> {
  const key = queues.queue(queue).toKey(id);
  const names = queue === "predict-dead" ? [...FIELDS, "data"] : FIELDS;
  const [timestamp, processedOn, finishedOn, ats, atm, progress, failedReason, data] =
    await queues.redis.hmget(key, ...names);
  if (!timestamp || !isTime(Number(timestamp))) return undefined;
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
