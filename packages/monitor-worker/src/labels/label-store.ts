import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { SAFE_NAME } from "@colaml/shared/jobs/names";
import { LabelIndex } from "./label-index";

export interface LabelledId {
  id: string;
  label: string;
}

/** What a batch of labels brought. */
export interface StoredLabels {
  rows: number;
  added: number;
  changed: number;
  known: number;
  total: number;
}

const WRITE_ROWS = 5_000;

/**
 * Labels that came late, on disk, a folder for each model: `<state>/labels/<model>/<number>-<digest>.ndjson`, a line
 * `[id, label]` each. A file appears under its name only when it is complete; the same content twice is one file,
 * and of two labels of an id the one in the later file holds. So labels may come in any order, and twice.
 */
export class LabelStore {
  readonly #folder: string;

  /** @param stateDir `paths.stateDir` */
  constructor(stateDir: string) {
    this.#folder = stateFolder(stateDir).labels;
  }

  /** Stores labels and says what was new. @throws ColaError OUTPUT_UNWRITABLE */
  async add(model: string, batches: AsyncIterable<LabelledId[]>): Promise<StoredLabels> {
    const folder = this.#folderOf(model);
    const index = await this.load(model);
    const counts: StoredLabels = { rows: 0, added: 0, changed: 0, known: 0, total: 0 };
    try {
      await mkdir(folder, { recursive: true });
      const temporary = join(folder, `.${process.pid}-${Date.now()}.part`);
      const digest = await writeLines(temporary, batches, ({ id, label }) => {
        counts.rows++;
        counts[index.set(id, label)]++;
      });
      await this.#keep(folder, temporary, digest, counts);
    } catch (cause) {
      if (cause instanceof ColaError) throw cause;
      throw new ColaError("OUTPUT_UNWRITABLE", `labels in ${folder}: ${messageOf(cause)}`, { cause });
    }
    return { ...counts, total: index.size };
  }

  /** All labels of a model, the newest of each id; empty where there are none. */
  async load(model: string): Promise<LabelIndex> {
    const index = new LabelIndex();
    for await (const { id, label } of this.entries(model)) index.set(id, label);
    return index;
  }

  /** Every stored line, oldest file first. */
  async *entries(model: string): AsyncGenerator<LabelledId, void, undefined> {
    const folder = this.#folderOf(model);
    for (const name of await filesOf(folder)) {
      const lines = createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Infinity });
      for await (const line of lines) {
        const [id, label] = JSON.parse(line) as [string, string];
        yield { id, label };
      }
    }
  }

  #folderOf(model: string): string {
    if (!SAFE_NAME.test(model))
      throw new ColaError("JOB_INVALID", `model ${JSON.stringify(model)}: not a name`);
    return join(this.#folder, model);
  }

  async #keep(folder: string, temporary: string, digest: string, counts: StoredLabels): Promise<void> {
    const names = await filesOf(folder);
    const nothingNew = counts.added === 0 && counts.changed === 0;
    if (nothingNew || names.some((name) => name.includes(digest))) {
      await rm(temporary);
      return;
    }
    const number = Number.parseInt(names.at(-1) ?? "0", 10) + 1;
    await rename(temporary, join(folder, `${String(number).padStart(9, "0")}-${digest}.ndjson`));
  }
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d{9}-[0-9a-f]{64}\.ndjson$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Writes and syncs the lines; returns their sha256. Leaves nothing behind when it fails. */
async function writeLines(
  path: string,
  batches: AsyncIterable<LabelledId[]>,
  seen: (row: LabelledId) => void,
): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o640);
  try {
    for await (const batch of batches) {
      for (let at = 0; at < batch.length; at += WRITE_ROWS) {
        const rows = batch.slice(at, at + WRITE_ROWS);
        for (const row of rows) seen(row);
        const lines = rows.map(({ id, label }) => `${JSON.stringify([id, label])}\n`).join("");
        hash.update(lines);
        // unlike `write`, it does not stop short on a disk that fills
        await file.writeFile(lines);
      }
    }
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}
