import { ColaError } from "../errors/cola-error";
import type { MlflowClient } from "./client";
import { resolveModel } from "./load-model";
import { clip } from "./log-batch";
import type { ModelVersion } from "./registry";
import { CHAMPION, PREVIOUS } from "./registry-names";
import { rehearse } from "./rehearse";

/** Tag of a version with the times and reasons of its becoming champion, as JSON: a list of `ChampionEvent`. */
const HISTORY_TAG = "colaml.champion_history";
/** Longest history a tag keeps; the oldest events go first. */
const MAX_HISTORY_LENGTH = 4_500;
const MAX_REASON_LENGTH = 500;
const MAX_BY_LENGTH = 128;

/** One time a version became champion. */
export interface ChampionEvent {
  /** ISO 8601, UTC. */
  at: string;
  reason: string;
  /** Version that was champion before. */
  replaced?: string;
  /** It was a step back. */
  rollback?: boolean;
  /** Who did it by hand, as far as known. */
  by?: string;
}

export interface ChampionEntry extends ChampionEvent {
  version: string;
}

export interface PromoteOptions {
  /** When it was decided; the same when a promotion that broke off is resumed. Default: now. */
  at?: Date;
  /** If it is not empty, models that it did not sign are refused. */
  hmacKey?: string;
  /** Who does it by hand; kept in the history. */
  by?: string;
}

export interface RollbackOptions extends PromoteOptions {
  /** The version to go back to, which must have been champion. Default: the one with the alias `previous`. */
  to?: string;
}

/** The present champion of a model, or nothing. */
export function championOf(client: MlflowClient, name: string): Promise<ModelVersion | undefined> {
  return client.registry.versionOfAlias(name, CHAMPION);
}

/**
 * Moves the alias `champion` to a version; the champion so far gets the alias `previous`. The version is rehearsed
 * first (see `rehearse`), for MLflow itself lets an alias point at what nobody can load. The reason is kept as tags
 * before the alias moves, so the history never lacks what is in force.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT: then the champion is the one it was
 */
export async function promote(
  client: MlflowClient,
  name: string,
  version: string,
  reason: string,
  options: PromoteOptions = {},
): Promise<void> {
  const before = await championOf(client, name);
  if (before?.version === version) return;
  await record(client, { name, version, reason, before, rollback: false }, options);
  if (before) await client.registry.setAlias(name, PREVIOUS, before.version);
  await client.registry.setAlias(name, CHAMPION, version);
}

/**
 * Makes an earlier champion the champion again: the version with the alias `previous`, or the one in `options.to`.
 * `previous` goes to the one before that, so that a second rollback goes back further and never forward to what was
 * left. Nothing is deleted.
 *
 * @returns the version that is champion now and the one that was
 * @throws ColaError MODEL_NOT_FOUND if there is nothing to go back to, USAGE if `to` never was champion or is it now,
 *   MODEL_CORRUPT
 */
export async function rollback(
  client: MlflowClient,
  name: string,
  reason: string,
  options: RollbackOptions = {},
): Promise<{ version: string; replaced: string }> {
  const before = await championOf(client, name);
  if (!before) throw new ColaError("MODEL_NOT_FOUND", `${name} has no champion to roll back`);
  const target = await targetOf(client, name, before, options.to);
  const { version } = target;
  const earlier = eventsOf(target).findLast((event) => !event.rollback)?.replaced;
  const says = `rollback: ${reason}`;
  await record(client, { name, version, reason: says, before, rollback: true }, options);
  await client.registry.setAlias(name, CHAMPION, version);
  // Where nothing is earlier, `previous` on the champion itself says so.
  await client.registry.setAlias(name, PREVIOUS, earlier ?? version);
  return { version, replaced: before.version };
}

async function targetOf(
  client: MlflowClient,
  name: string,
  before: ModelVersion,
  to: string | undefined,
): Promise<ModelVersion> {
  if (to === before.version) throw new ColaError("USAGE", `${name} version ${to} is the champion already`);
  const previous = await client.registry.versionOfAlias(name, PREVIOUS);
  if (to === undefined || to === previous?.version) {
    if (previous && previous.version !== before.version) return previous;
    throw new ColaError("MODEL_NOT_FOUND", `${name} has no version with the alias ${PREVIOUS} to go back to`);
  }
  const { version } = await resolveModel(client, `models:/${name}/${to}`);
  const target = await client.registry.version(name, version);
  if (eventsOf(target).length > 0) return target;
  throw new ColaError(
    "USAGE",
    `${name} version ${version} never was champion, there is nothing to go back to: \`cola models promote ${version} --model ${name}\` makes it champion`,
  );
}

/** Who was champion when and why, newest first. */
export async function championHistory(client: MlflowClient, name: string): Promise<ChampionEntry[]> {
  const versions = await client.registry.versions(name);
  return versions
    .flatMap((version) => eventsOf(version).map((event) => ({ version: version.version, ...event })))
    .sort((a, b) => b.at.localeCompare(a.at));
}

interface Move {
  name: string;
  version: string;
  reason: string;
  before: ModelVersion | undefined;
  rollback: boolean;
}

/** Rehearses the version and tags it with what is about to happen. */
async function record(client: MlflowClient, move: Move, options: PromoteOptions): Promise<void> {
  const { name, version, before, rollback } = move;
  const { broken } = await rehearse(client, name, version, options.hmacKey);
  if (broken !== undefined) {
    const stays = before ? `version ${before.version} stays champion` : "there is still no champion";
    throw new ColaError(
      "MODEL_CORRUPT",
      `${name} version ${version} fails its rehearsal, ${stays}: ${broken}`,
    );
  }
  const reason = clip(move.reason, MAX_REASON_LENGTH);
  const at = (options.at ?? new Date()).toISOString();
  const event: ChampionEvent = {
    at,
    reason,
    ...(before ? { replaced: before.version } : {}),
    ...(rollback ? { rollback } : {}),
    ...(options.by === undefined ? {} : { by: clip(options.by, MAX_BY_LENGTH) }),
  };
  // A promotion that broke off before the alias moved comes again with its time: it is noted once.
  const known = eventsOf(await client.registry.version(name, version)).filter((other) => other.at !== at);
  const events = [...known, event];
  while (JSON.stringify(events).length > MAX_HISTORY_LENGTH && events.length > 1) events.shift();
  const tags = {
    [HISTORY_TAG]: JSON.stringify(events),
    "colaml.promoted_at": at,
    "colaml.promoted_reason": reason,
    ...(before ? { "colaml.previous_version": before.version } : {}),
  };
  for (const [key, value] of Object.entries(tags))
    await client.registry.setVersionTag(name, version, { key, value });
}

function eventsOf({ tags }: ModelVersion): ChampionEvent[] {
  try {
    const events: unknown = JSON.parse(tags[HISTORY_TAG] ?? "[]");
    return Array.isArray(events) ? events.filter(isEvent) : [];
  } catch {
    return [];
  }
}

function isEvent(value: unknown): value is ChampionEvent {
  const { at, reason } = (value ?? {}) as Record<string, unknown>;
  return typeof at === "string" && typeof reason === "string";
}
