import { ColaError } from "../errors/cola-error";
import type { MlflowClient } from "./client";
import type { ModelVersion } from "./registry";

export const CHAMPION = "champion";
export const PREVIOUS = "previous";
/** Tags of a version that tell when and why it became champion, as JSON: a list of `ChampionEvent`. */
const HISTORY_TAG = "colaml.champion_history";
/** Events kept in a tag: MLflow cuts long values. */
const KEPT_EVENTS = 20;

/** One time a version became champion. */
export interface ChampionEvent {
  /** ISO 8601, UTC. */
  at: string;
  reason: string;
  /** Version that was champion before. */
  replaced?: string;
}

export interface ChampionEntry extends ChampionEvent {
  version: string;
}

/** The present champion of a model, or nothing. */
export function championOf(client: MlflowClient, name: string): Promise<ModelVersion | undefined> {
  return client.registry.versionOfAlias(name, CHAMPION);
}

/**
 * Moves the alias `champion` to a version; the champion so far gets the alias `previous`. The reason is kept as a
 * tag before the alias moves, so the history never lacks what is in force.
 */
export async function promote(
  client: MlflowClient,
  name: string,
  version: string,
  reason: string,
  at = new Date(),
): Promise<void> {
  const before = await championOf(client, name);
  if (before?.version === version) return;
  const challenger = await client.registry.version(name, version);
  const event: ChampionEvent = {
    at: at.toISOString(),
    reason,
    ...(before ? { replaced: before.version } : {}),
  };
  const events = [...eventsOf(challenger), event].slice(-KEPT_EVENTS);
  await client.registry.setVersionTag(name, version, { key: HISTORY_TAG, value: JSON.stringify(events) });
  if (before) await client.registry.setAlias(name, PREVIOUS, before.version);
  await client.registry.setAlias(name, CHAMPION, version);
}

/**
 * Makes the version with the alias `previous` champion again.
 *
 * @returns the version that is champion now and the one that was
 * @throws ColaError MODEL_NOT_FOUND where there is nothing to go back to
 */
export async function rollback(
  client: MlflowClient,
  name: string,
  reason: string,
): Promise<{ version: string; replaced: string }> {
  const [champion, previous] = await Promise.all([
    championOf(client, name),
    client.registry.versionOfAlias(name, PREVIOUS),
  ]);
  if (!champion) throw new ColaError("MODEL_NOT_FOUND", `${name} has no champion to roll back`);
  if (!previous || previous.version === champion.version) {
    throw new ColaError("MODEL_NOT_FOUND", `${name} has no version with the alias ${PREVIOUS} to go back to`);
  }
  await promote(client, name, previous.version, `rollback: ${reason}`);
  return { version: previous.version, replaced: champion.version };
}

/** Who was champion when and why, newest first. */
export async function championHistory(client: MlflowClient, name: string): Promise<ChampionEntry[]> {
  const versions = await client.registry.versions(name);
  return versions
    .flatMap((version) => eventsOf(version).map((event) => ({ version: version.version, ...event })))
    .sort((a, b) => b.at.localeCompare(a.at));
}

function eventsOf({ tags }: ModelVersion): ChampionEvent[] {
  try {
    const events: unknown = JSON.parse(tags[HISTORY_TAG] ?? "[]");
    return Array.isArray(events) ? (events as ChampionEvent[]) : [];
  } catch {
    return [];
  }
}
