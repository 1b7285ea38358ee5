import type { Dirent } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";

/** A file or folder of the state folder that may go. */
interface OldEntry {
  path: string;
  /** Of all its files. */
  bytes: number;
}

/** What may go, of one kind. */
export interface OldEntries {
  kind: keyof typeof KINDS;
  what: string;
  entries: OldEntry[];
  bytes: number;
}

/** Kinds of what is kept until somebody removes it, in the order they are listed. */
const KINDS = {
  reports: "reports of checks",
  incidents: "incidents that ended",
  alerts: "alerts that were delivered or given up",
  results: "results of what MLflow has",
  refused: "trainings and checks that MLflow refused, not published anywhere",
  logs: "logs",
  models: "cached models, which MLflow still has",
  streams: "left over from commands that were killed",
} as const;

/** A refused entry, a stream or a replay is a folder beside others. */
const isRefused = (name: string) => name.startsWith("refused-");

/**
 * What is in a state folder, was not written to since a time, and is needed by nothing: never an open incident, labels,
 * the history of checks, what waits for MLflow, the data of the embedded servers, or the version of a model that was
 * used last.
 *
 * @param before milliseconds since 1970
 */
export async function findOld(stateDir: string, before: number): Promise<OldEntries[]> {
  const at = stateFolder(stateDir);
  const spools = [at.spool, at.spoolChecks];
  const found: Record<keyof typeof KINDS, string[]> = {
    reports: await childrenOf(at.reports),
    incidents: await endedIncidents(at.incidents),
    alerts: [...(await childrenOf(at.delivered)), ...(await childrenOf(at.undelivered))],
    results: (await Promise.all(spools.map((spool) => childrenOf(join(spool, "results"))))).flat(),
    refused: (await Promise.all(spools.map((spool) => childrenOf(spool, isRefused)))).flat(),
    logs: await childrenOf(at.logs),
    models: await spareVersions(at.models),
    streams: [...(await besides(at.streams)), ...(await besides(at.replays))],
  };
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
  return Promise.all(
    kinds.map(async (kind) => {
      const entries = await olderThan(found[kind], before);
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      return { kind, what: KINDS[kind], entries, bytes };
    }),
  );
}

/** Removes what was found. One that is already gone is none of our business. */
export async function removeOld(found: readonly OldEntries[]): Promise<void> {
  for (const { entries } of found)
    for (const { path } of entries) await rm(path, { recursive: true, force: true });
}

async function listing(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Paths in a folder, in order; none of hidden ones, which are being written. */
async function childrenOf(folder: string, fits: (name: string) => boolean = () => true): Promise<string[]> {
  const names = (await listing(folder)).map(({ name }) => name);
  return names
    .filter((name) => !name.startsWith(".") && fits(name))
    .map((name) => join(folder, name))
    .sort();
}

/** What begins with a path: `<state>/stream-`. */
const besides = (path: string) => childrenOf(dirname(path), (name) => name.startsWith(basename(path)));

async function endedIncidents(folder: string): Promise<string[]> {
  const all = await childrenOf(folder);
  const ended = await Promise.all(
    all.map(async (incident) =>
      (await childrenOf(incident)).some((file) => basename(file) === "recovered.json"),
    ),
  );
  return all.filter((_, i) => ended[i]);
}

/** Cached versions but the one of each model that was used last: predictions go on with it while MLflow is away. */
async function spareVersions(folder: string): Promise<string[]> {
  const spare = await Promise.all(
    (await childrenOf(folder)).map(async (model) => {
      const versions = await childrenOf(model);
      const used = await Promise.all(versions.map(async (version) => (await lstat(version)).mtimeMs));
      const last = used.indexOf(Math.max(...used));
      return versions.filter((_, i) => i !== last);
    }),
  );
  return spare.flat();
}

/** Those of which no file was written since a time. */
async function olderThan(paths: readonly string[], before: number): Promise<OldEntry[]> {
  const sized = await Promise.all(paths.map(async (path) => ({ path, ...(await sizeOf(path)) })));
  return sized.filter(({ writtenAt }) => writtenAt < before).map(({ path, bytes }) => ({ path, bytes }));
}

/** Links are counted, not followed. */
async function sizeOf(path: string): Promise<{ bytes: number; writtenAt: number }> {
  const own = await lstat(path);
  if (!own.isDirectory()) return { bytes: own.size, writtenAt: own.mtimeMs };
  const inner = await Promise.all((await listing(path)).map(({ name }) => sizeOf(join(path, name))));
  return {
    bytes: inner.reduce((sum, { bytes }) => sum + bytes, 0),
    writtenAt: Math.max(own.mtimeMs, ...inner.map(({ writtenAt }) => writtenAt)),
  };
}
