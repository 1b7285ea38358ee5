import { readFileSync, rmSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder, moveNew, writeDurably, writeOnce } from "@colaml/shared/files/durable-file";
import { inputError, systemCode } from "@colaml/shared/files/file-errors";
import { documentBytes, isNewer, parseDocument, reasonOf } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { z } from "zod";
import { isAlive, startOf } from "./process-identity";

const MODE = 0o600;

/** 0 and below are groups of processes, which always live. */
const pid = z.number().int().min(1);
const recordSchema = z.object({
  /** The process that started them and will stop them. */
  ownerPid: pid,
  /** When that process started, in the kernel's own count: after a reboot another process has its pid. */
  ownerStart: z.string().optional(),
  /** The servers themselves: after a kill -9 of the owner they need a moment to end. */
  childPids: z.array(pid),
  redisUrl: z.string().optional(),
  mlflowUri: z.string().optional(),
});
/** Who runs the embedded servers of a state folder, and where they are. */
export type ServersRecord = z.infer<typeof recordSchema>;

export interface StateLock {
  /** Tells other processes of this folder where the servers are. */
  write(record: ServersRecord): Promise<void>;
  release(): void;
}

/**
 * The right to run servers on a state folder, for one process at a time: two Redis on one append-only file ruin it.
 * A lock whose owner has ended is taken over once the servers it left behind are gone.
 *
 * @param report gets a line about a lock that cannot be read: it counts as none
 * @throws ColaError USAGE when a living process holds it, naming its pid; STATE_NEWER, INPUT_UNREADABLE,
 *   OUTPUT_UNWRITABLE
 */
export async function lockState(
  stateDir: string,
  report: (line: string) => void,
  waitMs = 15_000,
): Promise<StateLock> {
  await makeFolder(stateDir, 0o700);
  const file = stateFolder(stateDir).serversLock;
  const deadline = performance.now() + waitMs;
  while (!(await writeOnce(file, bytesOf({ ownerPid: process.pid, childPids: [] }), MODE))) {
    const holder = parseRecord(file, report);
    if (holder && ownerLives(holder)) {
      throw new ColaError(
        "USAGE",
        `the servers of ${stateDir} already run in process ${holder.ownerPid}: use that one or stop it first`,
        { details: { pid: holder.ownerPid } },
      );
    }
    if (holder?.childPids.some(isAlive) && performance.now() < deadline) await delay(100);
    else await takeAway(file, report);
  }
  return {
    write: (record) => writeDurably(file, bytesOf(record), MODE),
    release: () => rmSync(file, { force: true }),
  };
}

/**
 * Where the servers of a state folder are, or nothing when none run.
 *
 * @param report gets a line about a lock that cannot be read: it counts as none
 * @throws ColaError STATE_NEWER, INPUT_UNREADABLE if the disk or the permissions forbid reading it
 */
export function findServers(stateDir: string, report: (line: string) => void): ServersRecord | undefined {
  const record = parseRecord(stateFolder(stateDir).serversLock, report);
  return record && ownerLives(record) ? record : undefined;
}

/**
 * Removes the lock of an owner that has ended. It is renamed first: of two processes that see the same owner, one must not
 * remove the lock that the other one has just taken.
 */
async function takeAway(file: string, report: (line: string) => void): Promise<void> {
  const aside = `${file}.stale.${process.pid}`;
  try {
    await rename(file, aside);
    const taken = parseRecord(aside, report);
    if (taken && ownerLives(taken)) await moveNew(aside, file);
  } catch (error) {
    // Somebody else was faster: the next look shows who.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

const bytesOf = (record: ServersRecord) => [
  documentBytes("serversRecord", { ...record, ownerStart: startOf(record.ownerPid) }),
];

/** A file that is not such a record is reported and counts as none. @throws ColaError STATE_NEWER, INPUT_UNREADABLE */
function parseRecord(file: string, report: (line: string) => void): ServersRecord | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw inputError(file, error);
  }
  try {
    return parseDocument("serversRecord", file, bytes, recordSchema);
  } catch (error) {
    if (isNewer(error)) throw error;
    const why = `(${reasonOf(error)})`;
    report(`${file} cannot be read ${why} and counts as absent: servers that still run here must be stopped`);
    return undefined;
  }
}

function ownerLives(record: ServersRecord): boolean {
  return isAlive(record.ownerPid) && record.ownerStart === startOf(record.ownerPid);
}
