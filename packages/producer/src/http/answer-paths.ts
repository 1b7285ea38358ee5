import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { entryOf } from "@colaml/shared/contracts/catalogue";
import { withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";
import type { JobView } from "../submit/job-view";

/** Makes the paths of an answer relative to the data folder, as the API takes them. */
export type RelativePath = (path: string) => string;

/**
 * The data folder's own spelling of a path: relative if it lies inside. A path elsewhere, such as a report in the
 * state folder, stays as it is.
 */
export function relativeTo(dataDir: string): RelativePath {
  const roots = [dataDir, realOf(dataDir)].map((root) => (root.endsWith(sep) ? root : root + sep));
  return (path) => {
    const root = roots.find((one) => path.startsWith(one));
    return root === undefined ? path : path.slice(root.length);
  };
}

/** The message of an error, with files of the data folder as the API takes them. */
export function withRelativePaths(message: string, relative: RelativePath): string {
  return message.replace(/\/[^\s"',;]+/g, relative);
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The result of a job with its paths as the API takes them. */
export function answeredResult(queue: JobView["queue"], result: unknown, relative: RelativePath): unknown {
  return withRelative(entryOf(queue).resultPaths ?? [], result, relative);
}

/** A payload with its paths as the API takes them. */
export function answeredPayload(queue: JobView["queue"], payload: unknown, relative: RelativePath): unknown {
  const change = (path: string) => {
    const stopWords = withStopWordsPath(path, relative);
    return stopWords === path ? relative(path) : stopWords;
  };
  return withRelative(Object.keys(entryOf(queue).paths), payload, change);
}

/** @param keys dotted keys of the fields that name files */
function withRelative(keys: readonly string[], value: unknown, relative: RelativePath): unknown {
  if (keys.length === 0 || typeof value !== "object" || value === null) return value;
  const answered = structuredClone(value) as Record<string, unknown>;
  for (const key of keys) {
    const names = key.split(".");
    const last = names.pop()!;
    let holder: unknown = answered;
    for (const name of names) holder = (holder as Record<string, unknown> | undefined)?.[name];
    if (typeof holder !== "object" || holder === null) continue;
    const fields = holder as Record<string, unknown>;
    const path = fields[last];
    if (typeof path === "string") fields[last] = relative(path);
  }
  return answered;
}

/** A job as the API answers: with the address that finds it, whatever its id is made of, and paths as it takes them. */
export interface AnsweredJob extends JobView {
  /** Path of the job in this API. */
  href: string;
}

/** The answer for a job. */
export function answeredJob(view: JobView, relative: RelativePath): AnsweredJob {
  const { result, error } = view;
  return {
    ...view,
    href: jobPath(view),
    ...(error && { error: { ...error, message: withRelativePaths(error.message, relative) } }),
    ...(result !== undefined && { result: answeredResult(view.queue, result, relative) }),
  };
}

/** The path of a job in the API. An id may hold a slash, and may be there in several queues. */
function jobPath({ queue, id }: Pick<JobView, "queue" | "id">): string {
  const isPlain = /^[A-Za-z0-9._:-]+$/.test(id) && id.startsWith(`${queue}-`);
  return `/jobs/${encodeURIComponent(isPlain ? id : `${queue}/${id}`)}`;
}
