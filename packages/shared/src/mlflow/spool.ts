import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ColaError, messageOf } from "../errors/cola-error";
import { makeFolder, moveFolder, writeDurably } from "../files/durable-file";
import { outputError, systemCode } from "../files/file-errors";
import { keepNewest } from "../files/keep-newest";
import { makeFolders } from "../files/make-folders";
import { isNewer, parseDocument, readDocument, writeDocument } from "../files/state-document";
import type { ModelRecord, RunRecord } from "./publish-model";
import { publicationSchema, resultSchema } from "./spooled-schemas";

/** A holder touches its lock this often; one not touched for much longer was left by a process that died. */
const LOCK_TOUCH_MS = 2_000;
const LOCK_STALE_MS = 15_000;
const LOCK_POLL_MS = 100;
/** Results are kept so long for jobs that are taken up again after their worker was killed. */
const RESULT_DAYS = 7;
/** And no more than these: each publication looks through them. */
const RESULTS_KEPT = 1_000;
/** Folders that are being written or removed; one so old belongs to a process that died. */
const BROKEN_OFF = ".new-";
const BROKEN_OFF_DAYS = 1;

/** In the folder of an entry that MLflow refused: why. */
const REFUSAL_FILE = "refusal.json";
const REFUSED = "refused-";
const refusalSchema = z.object({ reason: z.string() });

/** An entry that MLflow refused. */
export interface Refused {
  folder: string;
  reason: string;
}

/** What may wait on disk: plain data, but for the files of the run and of the model. */
export interface Spooled {
  v: 1;
  /** Which job it is the result of (`jobKeyOf`); a job taken up again finds it by this. */
  jobKey: string;
  record: RunRecord;
  model?: ModelRecord;
}

/** Which job an entry is the result of, by its name: its files may be damaged. */
export const jobKeyOfEntry = (name: string): string => name.slice(name.lastIndexOf("-") + 1);

/**
 * What is finished and not in MLflow yet, on disk, and the results (`R`) of what is. One folder may serve any number
 * of workers: entries appear complete or not at all, and one process at a time publishes.
 */
export class Spool<P extends Spooled, R extends object> {
  readonly folder: string;
  readonly #report: (message: string) => void;
  readonly #resultsKept: number;

  /**
   * @param folder is made if it is missing
   * @param report gets a line about a result that cannot be read
   * @param resultsKept results that stay at most, the newest
   */
  constructor(folder: string, report: (message: string) => void, resultsKept = RESULTS_KEPT) {
    this.folder = folder;
    this.#report = report;
    this.#resultsKept = resultsKept;
  }

  /**
   * Keeps a publication; when this resolves, it survives the process and a power cut.
   *
   * @throws ColaError OUTPUT_UNWRITABLE with the path; nothing of it stays then
   */
  async put(publication: P): Promise<void> {
    await makeFolder(this.folder);
    const temporary = await mkdtemp(join(this.folder, BROKEN_OFF)).catch((error: unknown) => {
      throw outputError(this.folder, error);
    });
    try {
      await this.#write(publication, temporary);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw outputError(temporary, error);
    }
  }

  async #write(publication: P, temporary: string): Promise<void> {
    const { record, model } = publication;
    await writeFiles(join(temporary, "artifacts"), record.artifacts);
    if (model) await writeFiles(join(temporary, "model"), model.files);
    const plain = {
      ...publication,
      record: { ...record, artifacts: [...record.artifacts.keys()] },
      ...(model ? { model: { ...model, files: [...model.files.keys()] } } : {}),
    };
    await writeDocument("publication", join(temporary, "publication.json"), plain);
    await moveFolder(temporary, this.#entry(publication.record.endTime, publication.jobKey));
  }

  /** Names of the entries, the oldest first. */
  list(): Promise<string[]> {
    return this.#names("");
  }

  async #names(prefix: string): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const isEntry = (name: string) => /^\d{15}-[0-9a-f]{32}$/.test(name.slice(prefix.length));
    return names.filter((name) => name.startsWith(prefix) && isEntry(name)).sort();
  }

  /** The entry of a job, if it waits. */
  async nameOfJob(jobKey: string): Promise<string | undefined> {
    return (await this.list()).find((name) => name.endsWith(`-${jobKey}`));
  }

  /** @throws ColaError MODEL_CORRUPT if the entry was damaged on disk, STATE_NEWER */
  async read(name: string): Promise<P> {
    try {
      return await this.#read(join(this.folder, name));
    } catch (cause) {
      if (isNewer(cause)) throw cause;
      const what = `what is kept in ${join(this.folder, name)} cannot be read: ${messageOf(cause)}`;
      throw new ColaError("MODEL_CORRUPT", what, { cause });
    }
  }

  async #read(folder: string): Promise<P> {
    const path = join(folder, "publication.json");
    const plain = parseDocument("publication", path, await readFile(path), publicationSchema);
    const artifacts = await readFiles(join(folder, "artifacts"), plain.record.artifacts);
    const model = plain.model && {
      ...plain.model,
      files: await readFiles(join(folder, "model"), plain.model.files),
    };
    return {
      ...plain,
      record: { ...plain.record, artifacts },
      ...(model ? { model } : {}),
    } as unknown as P;
  }

  /** Notes the result of a job that was published. @throws ColaError OUTPUT_UNWRITABLE */
  async noteResult(jobKey: string, result: R): Promise<void> {
    await writeDocument("publishedResult", this.#result(jobKey), result);
  }

  /** Notes the result of an entry, and only then drops it. */
  async complete(name: string, publication: P, result: R): Promise<void> {
    await this.noteResult(publication.jobKey, result);
    await this.drop(name);
    await keepNewest(join(this.folder, "results"), this.#resultsKept);
    await dropOlder(join(this.folder, "results"), "", RESULT_DAYS);
    await dropOlder(this.folder, BROKEN_OFF, BROKEN_OFF_DAYS);
  }

  /** Removes an entry that is not to be published any more: whole, so that a process killed meanwhile leaves no half. */
  async drop(name: string): Promise<void> {
    const aside = join(this.folder, `${BROKEN_OFF}${randomUUID()}`);
    try {
      await rename(join(this.folder, name), aside);
    } catch (error) {
      // Another process was faster.
      if (systemCode(error) === "ENOENT") return;
      throw error;
    }
    await rm(aside, { recursive: true, force: true });
  }

  /** Sets an entry aside that MLflow refuses, with the reason; its files stay for a person. */
  async setAside(name: string, reason: string): Promise<string> {
    const aside = join(this.folder, `${REFUSED}${name}`);
    await writeDocument("refusal", join(this.folder, name, REFUSAL_FILE), { reason });
    await moveFolder(join(this.folder, name), aside);
    return aside;
  }

  /** What was set aside, the oldest first. */
  async refused(): Promise<Refused[]> {
    const names = await this.#names(REFUSED);
    return Promise.all(
      names.map(async (name) => {
        const folder = join(this.folder, name);
        const refusal = await readDocument(
          "refusal",
          join(folder, REFUSAL_FILE),
          refusalSchema,
          this.#report,
        );
        return { folder, reason: refusal?.reason ?? "the reason was not kept" };
      }),
    );
  }

  /** Puts what was set aside back among what waits. @returns how many entries */
  async putBackRefused(): Promise<number> {
    const names = await this.#names(REFUSED);
    for (const name of names) {
      await rm(join(this.folder, name, REFUSAL_FILE), { force: true });
      await moveFolder(join(this.folder, name), join(this.folder, name.slice(REFUSED.length)));
    }
    return names.length;
  }

  /** The result of a job that was published before, perhaps by a process that died right after. */
  async resultOf(jobKey: string): Promise<R | undefined> {
    return (await readDocument("publishedResult", this.#result(jobKey), resultSchema, this.#report)) as
      | R
      | undefined;
  }

  /** Runs `work` while no other process, and no other call, does. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    await makeFolders(this.folder);
    const lock = join(this.folder, ".lock");
    const seen = { touched: 0, since: performance.now() };
    while (!(await this.#take(lock, seen))) await sleep(LOCK_POLL_MS);
    const touch = setInterval(() => {
      const now = new Date();
      void utimes(lock, now, now).catch(() => undefined);
    }, LOCK_TOUCH_MS);
    try {
      return await work();
    } finally {
      clearInterval(touch);
      await rm(lock, { recursive: true, force: true });
    }
  }

  /** @param seen when the holder touched it last, and since when this process knows: clocks of two machines differ */
  async #take(lock: string, seen: { touched: number; since: number }): Promise<boolean> {
    try {
      await mkdir(lock);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const touched = (await stat(lock).catch(() => undefined))?.mtimeMs;
    if (touched === undefined) return false;
    if (touched !== seen.touched) Object.assign(seen, { touched, since: performance.now() });
    else if (performance.now() - seen.since > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }

  #entry(endTime: number, jobKey: string): string {
    return join(this.folder, `${String(endTime).padStart(15, "0")}-${jobKey}`);
  }

  #result(jobKey: string): string {
    return join(this.folder, "results", `${jobKey}.json`);
  }
}

async function dropOlder(folder: string, prefix: string, days: number): Promise<void> {
  const oldest = Date.now() - days * 86_400_000;
  for (const name of (await readdir(folder)).filter((entry) => entry.startsWith(prefix))) {
    const at = (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs;
    if (at !== undefined && at < oldest) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of files) {
    await makeFolder(dirname(join(folder, path)));
    await writeDurably(join(folder, path), [bytes]);
  }
}

async function readFiles(folder: string, paths: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of paths) files.set(path, await readFile(join(folder, path)));
  return files;
}
