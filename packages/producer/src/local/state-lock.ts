import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { outputError } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";

/** Who runs the embedded servers of a state folder, and where they are. */
export interface ServersRecord {
  /** The process that started them and will stop them. */
  ownerPid: number;
  /** When that process started, in the kernel's own count: after a reboot another process has its pid. */
  ownerStart?: string;
  /** The servers themselves: after a kill -9 of the owner they need a moment to end. */
  childPids: number[];
  redisUrl?: string;
  mlflowUri?: string;
}

export interface StateLock {
  /** Tells other processes of this folder where the servers are. */
  write(record: ServersRecord): void;
  release(): void;
}

/**
 * The right to run servers on a state folder, for one process at a time: two Redis on one append-only file ruin it.
 * A lock whose owner is dead is taken over once the servers it left behind are gone.
 *
 * @throws ColaError USAGE when a living process holds it, naming its pid; OUTPUT_UNWRITABLE
 */
export async function lockState(stateDir: string, waitMs = 15_000): Promise<StateLock> {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw outputError(stateDir, error);
  }
  const file = stateFolder(stateDir).serversLock;
  const deadline = Date.now() + waitMs;
  while (!tryCreate(file)) {
    const holder = readRecord(stateDir);
    if (holder && ownerLives(holder)) {
      throw new ColaError(
        "USAGE",
        `the servers of ${stateDir} already run in process ${holder.ownerPid}: use that one or stop it first`,
        { details: { pid: holder.ownerPid } },
      );
    }
    if (holder?.childPids.some(isAlive) && Date.now() < deadline) await delay(100);
    else takeAway(file);
  }
  return {
    write: (record) => renameSync(writeDraft(file, record), file),
    release: () => rmSync(file, { force: true }),
  };
}

/** Where the servers of a state folder are, or nothing when none run. */
export function findServers(stateDir: string): ServersRecord | undefined {
  const record = readRecord(stateDir);
  return record && ownerLives(record) ? record : undefined;
}

/** Linked into place with its content: nobody ever reads half a record. */
function tryCreate(file: string): boolean {
  const draft = writeDraft(file, { ownerPid: process.pid, childPids: [] });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes a dead owner's lock. It is moved aside first: of two processes that see the same dead owner, one must not
 * remove the lock that the other one has just taken.
 */
function takeAway(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const taken = parseRecord(aside);
    if (taken && ownerLives(taken)) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody else was faster: the next look shows who.
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function writeDraft(file: string, record: ServersRecord): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...record, ownerStart: startOf(record.ownerPid) }), { mode: 0o600 });
  return draft;
}

function readRecord(stateDir: string): ServersRecord | undefined {
  return parseRecord(stateFolder(stateDir).serversLock);
}

/** A file that is not such a record counts as none. */
function parseRecord(file: string): ServersRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ServersRecord {
  const record = value as ServersRecord | null;
  return Number.isInteger(record?.ownerPid) && Array.isArray(record?.childPids);
}

function ownerLives(record: ServersRecord): boolean {
  return isAlive(record.ownerPid) && record.ownerStart === startOf(record.ownerPid);
}

/** Field 22 of Linux's `/proc/<pid>/stat`; nothing on systems without it, where the pid alone must do. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
