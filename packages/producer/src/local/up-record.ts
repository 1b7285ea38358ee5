import { readFileSync, rmSync } from "node:fs";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";

/** A living `cola up` answers this fast; one that does not is taken as gone. */
const LIVE_TIMEOUT_MS = 2_000;

/** What `cola up` started, for other commands of the same folder. */
export interface UpRecord {
  pid: number;
  redisUrl: string;
  mlflowUri: string;
  apiUrl: string;
  /** ISO 8601, UTC. */
  startedAt: string;
}

/** Written whole or not at all, readable by its owner alone: the Redis URL may hold a password. */
export async function writeUpRecord(stateDir: string, record: UpRecord): Promise<void> {
  await makeFolder(stateDir, 0o700);
  await writeDocument(stateFolder(stateDir).upRecord, record, 0o600);
}

/** Removes the record if it is still that of `pid`. */
export function removeUpRecord(stateDir: string, pid: number): void {
  if (readUpRecord(stateDir)?.pid === pid) rmSync(stateFolder(stateDir).upRecord, { force: true });
}

/** The record as written, living or stale; nothing where there is none or it cannot be read. */
export function readUpRecord(stateDir: string): UpRecord | undefined {
  try {
    const record = JSON.parse(
      readFileSync(stateFolder(stateDir).upRecord, "utf8"),
    ) as Partial<UpRecord> | null;
    const isWhole =
      Number.isInteger(record?.pid) &&
      [record?.redisUrl, record?.mlflowUri, record?.apiUrl].every((url) => typeof url === "string");
    return isWhole ? (record as UpRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The `cola up` that runs for this folder; a record that a killed one left behind is removed. */
export async function findUp(stateDir: string): Promise<UpRecord | undefined> {
  const record = readUpRecord(stateDir);
  if (!record) return undefined;
  if (isAlive(record.pid) && (await answers(record.apiUrl))) return record;
  removeUpRecord(stateDir, record.pid);
  return undefined;
}

/** True when a process of that id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function answers(apiUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}/livez`, { signal: AbortSignal.timeout(LIVE_TIMEOUT_MS) });
    return response.ok;
  } catch {
    return false;
  }
}
