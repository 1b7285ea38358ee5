import { createHash, randomBytes } from "node:crypto";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder } from "@colaml/shared/files/durable-file";

/** In the data folder, so that a finished one is only renamed; hidden, so that no request reaches it. */
const FOLDER = ".colaml-uploads";
const PART = ".part";
const WHOLE = ".whole";
/** A part that nobody continues is kept so long. */
const PART_KEPT_MS = 24 * 3600 * 1000;
/** One that came whole grows all the time: what did not for so long is of a process that was killed. */
const WHOLE_KEPT_MS = 10 * 60 * 1000;
/** Unfinished ones that are kept for somebody who continues them. */
const MOST_PARTS = 64;

/** What is on its way into the data folder. */
export class UnfinishedUploads {
  readonly #folder: string;
  readonly #clock: () => number;

  /** @param clock milliseconds since 1970 */
  constructor(root: string, clock: () => number) {
    this.#folder = join(root, FOLDER);
    this.#clock = clock;
  }

  /** A path for one that comes whole; its folder is there. */
  async newWhole(): Promise<string> {
    await this.#makeFolder();
    return join(this.#folder, `${randomBytes(16).toString("hex")}${WHOLE}`);
  }

  /**
   * The path of one that comes in parts: the same for the same target and content, whatever process takes a part.
   *
   * @throws ColaError RATE_LIMITED if too many are unfinished
   */
  async ofParts(path: string, total: number, digest: string): Promise<string> {
    await this.#makeFolder();
    const name = createHash("sha256").update(`${path}\0${total}\0${digest}`).digest("hex").slice(0, 32);
    const parts = (await readdir(this.#folder)).filter((other) => other.endsWith(PART));
    if (parts.length >= MOST_PARTS && !parts.includes(`${name}${PART}`))
      throw new ColaError("RATE_LIMITED", `${MOST_PARTS} uploads are unfinished: finish one, or wait a day`);
    return join(this.#folder, `${name}${PART}`);
  }

  /** Removes what nobody will finish. @returns how many */
  async sweep(): Promise<number> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    let removed = 0;
    for (const name of names) {
      const keptMs = name.endsWith(PART) ? PART_KEPT_MS : name.endsWith(WHOLE) ? WHOLE_KEPT_MS : undefined;
      if (keptMs === undefined) continue;
      const path = join(this.#folder, name);
      const there = await lstat(path).catch(() => undefined);
      if (there === undefined || this.#clock() - there.mtimeMs < keptMs) continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  /** A link in its place would lead everything elsewhere. */
  async #makeFolder(): Promise<void> {
    await makeFolder(this.#folder);
    if (!(await lstat(this.#folder)).isDirectory())
      throw new ColaError("OUTPUT_UNWRITABLE", `${FOLDER} in the data folder is a link: remove it`);
  }
}
