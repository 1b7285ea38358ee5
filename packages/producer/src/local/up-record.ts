import { rm } from "node:fs/promises";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { readDocument, writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { z } from "zod";
import { httpStatus } from "./http-status";
import { isAlive, startOf } from "./process-identity";

/** A living `cola up` answers this fast. */
const LIVE_TIMEOUT_MS = 2_000;

/** What `cola up` started, for other commands of the same folder. */
const recordSchema = z.object({
  pid: z.number().int().min(1),
  redisUrl: z.string(),
  mlflowUri: z.string(),
  apiUrl: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** When the process started, in the kernel's own count: of releases and systems without it the API has to answer. */
  start: z.string().optional(),
});
export type UpRecord = z.infer<typeof recordSchema>;

/** Written whole or not at all, readable only by its owner: the Redis URL may hold a password. */
export async function writeUpRecord(stateDir: string, record: UpRecord): Promise<void> {
  await makeFolder(stateDir, 0o700);
  await writeDocument("upRecord", stateFolder(stateDir).upRecord, record, 0o600);
}

/** Removes the record if it is still that of `pid`. */
export async function removeUpRecord(
  stateDir: string,
  pid: number,
  report: (line: string) => void,
): Promise<void> {
  const path = stateFolder(stateDir).upRecord;
  if ((await readDocument("upRecord", path, recordSchema, report))?.pid === pid)
    await rm(path, { force: true });
}

/**
 * The `cola up` that runs for this folder; a record that a killed one left behind is removed. One that is frozen
 * (Ctrl-Z, a laptop that slept) does not answer, and is still the one: its servers and workers are processes of their own.
 *
 * @param report gets a line if the record cannot be read: it is kept aside and counts as none; and if `cola up` does not
 *   answer
 * @throws ColaError INPUT_UNREADABLE if the disk or the permissions forbid reading it
 */
export async function findUp(
  stateDir: string,
  report: (line: string) => void,
): Promise<UpRecord | undefined> {
  const record = await readDocument("upRecord", stateFolder(stateDir).upRecord, recordSchema, report);
  if (!record) return undefined;
  if (isAlive(record.pid) && isSameProcess(record) !== false) {
    if ((await httpStatus(`${record.apiUrl}/livez`, LIVE_TIMEOUT_MS)) === 200) return record;
    if (isSameProcess(record)) {
      report(
        `\`cola up\` (process ${record.pid}) does not answer: it is frozen or busy; its servers are used`,
      );
      return record;
    }
  }
  await removeUpRecord(stateDir, record.pid, report);
  return undefined;
}

/** Whether the process is still the one that wrote the record; undefined if that cannot be told. */
function isSameProcess({ pid, start }: UpRecord): boolean | undefined {
  const now = startOf(pid);
  return start === undefined || now === undefined ? undefined : start === now;
}
