import { parseDuration } from "@colaml/shared/contracts/alert-rules";
import { LISTED_QUEUES, QUEUE_NAMES, type QueueName } from "@colaml/shared/contracts/catalogue";
import { modelNameOf, modelUri } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import type { JobStatus } from "./job-view";

/** The states that a list can be limited to. */
export const LISTED_STATES = ["waiting", "delayed", "active", "completed", "failed"] as const;
export type ListedState = (typeof LISTED_STATES)[number] & JobStatus;

/** Jobs of a page, at most, and if nobody says. */
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;

/** What a list of jobs can be asked for. */
export const FILTER_NAMES = ["queue", "state", "model", "since", "limit", "cursor"] as const;

/** A place in the list, which is ordered by the time a job was added, newest first, then by its key. */
export interface ListPlace {
  /** Milliseconds since 1970. */
  addedAt: number;
  /** `queue/id`. */
  key: string;
}

/** Which jobs a page holds. */
export interface JobFilter {
  queues: readonly QueueName[];
  states: readonly ListedState[];
  /** Name of a registered model that the job trains, uses or is about. */
  model?: string;
  /** Jobs that were added at this time or later, in milliseconds since 1970. */
  since?: number;
  /** Jobs of the page at most. */
  limit: number;
  /** The page begins behind this place. */
  after?: ListPlace;
}

const refuse = (name: string, value: string, allowed: string) =>
  new ColaError("USAGE", `${name} is ${JSON.stringify(value.slice(0, 80))}: allowed is ${allowed}`);

/**
 * A filter of what a person or a program wrote: the query of `GET /jobs`, or options of a command. A name may be
 * given again, or hold several values by comma.
 *
 * @param now what `since` is counted back from if it is a duration, in milliseconds since 1970
 * @throws ColaError USAGE naming what is allowed
 * @example parseJobFilter({ queue: "train,tune", state: "failed", since: "2h" }, Date.now())
 */
export function parseJobFilter(given: Readonly<Record<string, unknown>>, now: number): JobFilter {
  for (const name of Object.keys(given)) {
    if (!FILTER_NAMES.some((known) => known === name))
      throw new ColaError(
        "USAGE",
        `${JSON.stringify(name.slice(0, 80))} is not a filter of jobs: allowed are ${FILTER_NAMES.join(", ")}`,
      );
  }
  const model = single(given, "model");
  const since = single(given, "since");
  const limit = single(given, "limit");
  const cursor = single(given, "cursor");
  return {
    queues: chosen(given, "queue", QUEUE_NAMES) ?? LISTED_QUEUES,
    states: chosen(given, "state", LISTED_STATES) ?? LISTED_STATES,
    ...(model !== undefined && { model: modelOf(model) }),
    ...(since !== undefined && { since: timeOf(since, now) }),
    limit: limit === undefined ? DEFAULT_LIMIT : countOf(limit),
    ...(cursor !== undefined && { after: placeOf(cursor) }),
  };
}

const valuesOf = (value: unknown): string[] =>
  [value ?? []]
    .flat()
    .flatMap((one) => String(one).split(","))
    .map((one) => one.trim());

function chosen<Name extends string>(
  given: Readonly<Record<string, unknown>>,
  name: string,
  allowed: readonly Name[],
): readonly Name[] | undefined {
  const values = valuesOf(given[name]);
  if (values.length === 0) return undefined;
  return values.map((value) => {
    const known = allowed.find((one) => one === value);
    if (known === undefined) throw refuse(name, value, `one of ${allowed.join(", ")}`);
    return known;
  });
}

function single(given: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value))
    throw new ColaError("USAGE", `${name} is given ${value.length} times: once is allowed`);
  return String(value);
}

function modelOf(value: string): string {
  if (SAFE_NAME.test(value)) return value;
  if (modelUri.safeParse(value).success) return modelNameOf(value);
  throw refuse("model", value, "the name of a registered model, such as modelo_nuevo");
}

/**
 * The time that `since` means, in milliseconds since 1970.
 *
 * @param now what a duration is counted back from
 * @throws ColaError USAGE
 */
export function timeOf(value: string, now: number): number {
  const ago = parseDuration(value);
  if (ago !== undefined) return now - ago;
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (Number.isNaN(time))
    throw refuse("since", value, "a time such as 2026-11-25T08:00:00Z, or how long ago, such as 2h or 7d");
  return time;
}

function countOf(value: string): number {
  const count = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > MAX_LIMIT) throw refuse("limit", value, `a whole number from 1 to ${MAX_LIMIT}`);
  return count;
}

/** The cursor of the page behind a place. */
export function cursorOf({ addedAt, key }: ListPlace): string {
  return Buffer.from(`${addedAt} ${key}`).toString("base64url");
}

function placeOf(cursor: string): ListPlace {
  const [, time, key] = /^(\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (time === undefined || key === undefined)
    throw refuse("cursor", cursor, "the `next` of an earlier page");
  return { addedAt: Number(time), key };
}

/** Whether a place lies behind another one in the list. */
export function isBehind(place: ListPlace, other: ListPlace): boolean {
  if (place.addedAt !== other.addedAt) return place.addedAt < other.addedAt;
  return place.key > other.key;
}
