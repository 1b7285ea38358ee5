import type { Dirent } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { leftInDataFolder, namesOfBatch } from "./data-leftovers";

/** A file or folder that may go. */
interface OldEntry {
  path: string;
  /** Of all its files. */
  bytes: number;
}

/** What may go, of one kind. */
export interface OldEntries {
  kind: Kind;
  what: string;
  entries: OldEntry[];
  bytes: number;
  /** Entries as old that stay, and why; absent: none do. */
  kept?: { entries: number; why: string };
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
  batches: "folders of batches that did not finish: they would begin anew",
  demo: "files of the demo",
} as const;
type Kind = keyof typeof KINDS;
/** A job that has not ended may need these. */
const NEEDED_BY_JOBS: readonly Kind[] = ["models", "streams", "batches"];

/** Where to look, and who is at work. */
export interface CleanPlaces {
  stateDir: string;
  /** Looked through for what batches and commands left; empty: none is. */
  dataDir: string;
  /** Whether a process writes logs into the state folder: `cola up`, or a command with servers of its own. */
  isUp: boolean;
  /** Ids and payloads of the jobs that have not ended, as JSON; absent: no Redis is known. */
  jobs?: AsyncIterable<string>;
}

/** A refused entry, a stream or a replay is a folder beside others. */
const isRefused = (name: string) => name.startsWith("refused-");

/**
 * What is in a state folder or was left in the data folder, was not written to since a time, and is needed by nothing: never
 * an open incident, labels, the history of checks, what waits for MLflow, the data of the embedded servers, the version of a
 * model that was used last, or what a job needs that has not ended.
 *
 * @param before milliseconds since 1970
 */
export async function findOld(places: CleanPlaces, before: number): Promise<OldEntries[]> {
  const at = stateFolder(places.stateDir);
  const spools = [at.spool, at.spoolChecks];
  const left = await leftInDataFolder(places.dataDir);
  const found: Record<Kind, string[]> = {
    reports: await childrenOf(at.reports),
    incidents: await endedIncidents(at.incidents),
    alerts: [...(await childrenOf(at.delivered)), ...(await childrenOf(at.undelivered))],
    results: (await Promise.all(spools.map((spool) => childrenOf(join(spool, "results"))))).flat(),
    refused: (await Promise.all(spools.map((spool) => childrenOf(spool, isRefused)))).flat(),
    logs: await childrenOf(at.logs),
    models: await spareVersions(at.models),
    streams: [...(await besides(at.streams)), ...(await besides(at.replays)), ...left.streams],
    batches: left.batches,
    demo: await childrenOf(at.demo),
  };
  const old = new Map<Kind, OldEntry[]>();
  for (const kind of Object.keys(KINDS) as Kind[]) old.set(kind, await olderThan(found[kind], before));
  const needed = await neededBy(places, old);
  return [...old].map(([kind, all]) => {
    const { why, isKept } = needed(kind);
    const entries = all.filter(({ path }) => !isKept(path));
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const kept = all.length - entries.length;
    return { kind, what: KINDS[kind], entries, bytes, ...(kept > 0 && { kept: { entries: kept, why } }) };
  });
}

/** Which entries of a kind stay, and why. */
type Needed = (kind: Kind) => { why: string; isKept: (path: string) => boolean };

const nothing = { why: "", isKept: () => false };

async function neededBy(
  { jobs, isUp }: CleanPlaces,
  old: ReadonlyMap<Kind, readonly OldEntry[]>,
): Promise<Needed> {
  const isAsked = NEEDED_BY_JOBS.some((kind) => old.get(kind)!.length > 0);
  const inUse = isAsked && jobs !== undefined ? await namedByJobs(jobs, old) : undefined;
  return (kind) => {
    if (kind === "logs" && isUp)
      return { why: "processes write to them", isKept: (path) => !/\.\d+$/.test(path) };
    if (inUse === undefined && (kind === "batches" || (kind === "streams" && isUp)))
      return { why: "no Redis is known that says whether a job needs them", isKept: () => true };
    if (inUse === undefined || !NEEDED_BY_JOBS.includes(kind)) return nothing;
    const why = "jobs that have not ended may need them";
    return { why, isKept: kind === "models" ? () => inUse.jobs > 0 : (path) => inUse.paths.has(path) };
  };
}

/** How many jobs there are, and the folders that any of them names, whatever the data folder is called elsewhere. */
async function namedByJobs(jobs: AsyncIterable<string>, old: ReadonlyMap<Kind, readonly OldEntry[]>) {
  const names = new Map<string, string[]>();
  for (const { path } of old.get("streams")!) names.set(path, [basename(path)]);
  for (const { path } of old.get("batches")!) names.set(path, await namesOfBatch(path));
  const inUse = { jobs: 0, paths: new Set<string>() };
  for await (const job of jobs) {
    inUse.jobs++;
    for (const [path, needles] of names)
      if (needles.some((name) => job.includes(name))) inUse.paths.add(path);
  }
  return inUse;
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
