import { ColaError } from "@colaml/shared/errors/cola-error";
import { championOf, promote, rollback } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";

/** What a person wants, through whichever door. */
export interface ChampionWish {
  name: string;
  /** Kept in the history. */
  reason: string;
  /** Who it is, as far as known; kept in the history. */
  by?: string | undefined;
  /** The version that has to be champion now: what was decided on another state is not done. */
  from?: string | undefined;
  /** If it is not empty, models that it did not sign are refused. */
  hmacKey: string;
}

/** What came of it. The same wish again changes nothing. */
export interface ChampionChange {
  model: string;
  /** The champion now. */
  version: string;
  /** The champion before; absent if there was none, or nothing was changed. */
  replaced?: string;
  changed: boolean;
}

/**
 * Rehearses a version and makes it champion, whatever its verdict was.
 *
 * @throws ColaError USAGE for what is not a version number, MODEL_NOT_FOUND, MODEL_CORRUPT, PRECONDITION_FAILED
 */
export async function promoteByHand(
  mlflow: MlflowClient,
  { name, reason, by, from, hmacKey }: ChampionWish,
  given: string,
): Promise<ChampionChange> {
  const version = versionNumber(given);
  const before = (await championOf(mlflow, name))?.version;
  if (before === version) return { model: name, version, changed: false };
  checkFrom(name, from, before);
  await promote(mlflow, name, version, `by hand: ${reason}`, { hmacKey, ...(by !== undefined && { by }) });
  return { model: name, version, ...(before !== undefined && { replaced: before }), changed: true };
}

/**
 * Makes an earlier champion the champion again: the previous one, or `to`. Without `to` and `from`, the same wish again
 * goes back further.
 *
 * @throws ColaError USAGE if `to` never was champion, MODEL_NOT_FOUND, MODEL_CORRUPT, PRECONDITION_FAILED
 */
export async function rollBackByHand(
  mlflow: MlflowClient,
  { name, reason, by, from, hmacKey }: ChampionWish,
  given?: string,
): Promise<ChampionChange> {
  const to = given === undefined ? undefined : versionNumber(given);
  const before = (await championOf(mlflow, name))?.version;
  if (to !== undefined && to === before) return { model: name, version: to, changed: false };
  checkFrom(name, from, before);
  const done = await rollback(mlflow, name, reason, {
    hmacKey,
    ...(by !== undefined && { by }),
    ...(to !== undefined && { to }),
  });
  return { model: name, ...done, changed: true };
}

/** @throws ColaError USAGE */
function versionNumber(given: string): string {
  if (/^\d{1,9}$/.test(given)) return given;
  throw new ColaError(
    "USAGE",
    `${JSON.stringify(given.slice(0, 140))} is not a version: allowed is a number that \`cola models\` lists`,
  );
}

/** @throws ColaError PRECONDITION_FAILED */
function checkFrom(name: string, from: string | undefined, before: string | undefined): void {
  if (from === undefined || from === before) return;
  const now = before === undefined ? "there is none" : `it is version ${before} now`;
  throw new ColaError("PRECONDITION_FAILED", `the champion of ${name} is not version ${from}: ${now}`);
}
