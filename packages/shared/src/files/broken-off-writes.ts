import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A file that is written under a temporary name is touched more often than this; an older one belongs to a dead process. */
const BROKEN_OFF_MS = 3_600_000;
/** Folders that are remembered at most; then all are looked at anew. */
const REMEMBERED = 1_000;
/** The temporary names of `writeTemporary`. */
const TEMPORARY = /^\.[0-9a-f]{12}\.tmp$/;

/** Removes half-written files that killed processes left: the next one to write into their folder does, an hour later. */
export class BrokenOffWrites {
  readonly #now: () => number;
  /** When a folder was last looked at, in milliseconds since 1970. */
  readonly #lookedAt = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Looks at a folder if it was not looked at for an hour. What cannot be removed stays: no write fails because of it. */
  async remove(folder: string): Promise<void> {
    const now = this.#now();
    const lookedAt = this.#lookedAt.get(folder);
    if (lookedAt !== undefined && Math.abs(now - lookedAt) < BROKEN_OFF_MS) return;
    if (this.#lookedAt.size >= REMEMBERED) this.#lookedAt.clear();
    this.#lookedAt.set(folder, now);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((each) => TEMPORARY.test(each))) {
      const path = join(folder, name);
      const at = (await lstat(path).catch(() => undefined))?.mtimeMs ?? now;
      if (now - at > BROKEN_OFF_MS) await rm(path, { force: true }).catch(() => undefined);
    }
  }
}
