import type { Job } from "bullmq";

/** How the children of a job ended that have ended, by the id of the child. */
export interface EndedChildren<Result> {
  results: ReadonlyMap<string, Result>;
  /** Why a child failed for good: its `failedReason`. */
  failures: ReadonlyMap<string, string>;
}

/** Keys of children end with the job's id. */
const idOf = (key: string) => key.slice(key.lastIndexOf(":") + 1);

const byId = <T>(children: Record<string, T>) =>
  new Map(Object.entries(children).map(([key, value]) => [idOf(key), value]));

/** @returns ids of the children that have ended, well or not */
export async function endedChildrenOf(job: Pick<Job, "getDependencies">): Promise<Set<string>> {
  const { processed = {}, ignored = {} } = await job.getDependencies();
  return new Set([...Object.keys(processed), ...Object.keys(ignored)].map(idOf));
}

/** @returns ids of the children that wait or run */
export async function unfinishedChildrenOf(job: Pick<Job, "getDependencies">): Promise<string[]> {
  const { unprocessed = [] } = await job.getDependencies();
  return unprocessed.map(idOf);
}

/** @returns results and reasons of the children that have ended */
export async function childOutcomesOf<Result>(job: Job): Promise<EndedChildren<Result>> {
  const [values, failures] = [
    await job.getChildrenValues<Result>(),
    await job.getIgnoredChildrenFailures(),
  ] as const;
  return { results: byId(values), failures: byId(failures) };
}
