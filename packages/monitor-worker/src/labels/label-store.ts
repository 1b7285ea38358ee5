import { createHash, type Hash } from "node:crypto";
import { type FileHandle, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AmbiguousIds } from "@colaml/shared/contracts/labels";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder, syncFolder, writeTemporary } from "@colaml/shared/files/durable-file";
import { outputError, systemCode } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import { deliveryFiles, type LabelledId, linesOf, nameOfDelivery } from "./delivery-files";
import { LabelIndex } from "./label-index";
import { LISTED_IDS } from "./label-join";
import { mergeDeliveries } from "./merge-deliveries";
import { shownId } from "./shown-id";

/** What a delivery of labels brought: `rows` is the sum of `added`, `changed`, `known` and the ambiguous ones. */
export interface StoredLabels {
  rows: number;
  added: number;
  changed: number;
  known: number;
  total: number;
  /** Ids that came with different labels. */
  ambiguous: AmbiguousIds;
}

const WRITE_ROWS = 5_000;
const LOAD_TRIES = 5;

/**
 * Labels that came late, on disk, a folder for each model: `<state>/labels/<model>/<number>-<digest>.ndjson`, a line
 * `[id, label]` each. A file is one delivery, or several old ones merged, and appears under its name only when it is complete; one that brings
 * nothing new is not kept. Of two labels of an id the one in the later file holds; different ones in one file are in
 * conflict, see `LabelIndex`. So labels may come in any order, and twice.
 */
export class LabelStore {
  readonly #folder: string;

  /** @param stateDir `paths.stateDir` */
  constructor(stateDir: string) {
    this.#folder = stateFolder(stateDir).labels;
  }

  /** Stores a delivery and says what was new. @throws ColaError OUTPUT_UNWRITABLE, LABELS_INVALID, INPUT_UNREADABLE */
  async add(model: string, batches: AsyncIterable<LabelledId[]>): Promise<StoredLabels> {
    const folder = this.#folderOf(model);
    const index = await this.load(model);
    let rows = 0;
    let temporary: string | undefined;
    try {
      await makeFolder(folder);
      await removeHalfWritten(folder);
      const hash = createHash("sha256");
      temporary = await writeTemporary(folder, (file) =>
        writeLines(file, hash, batches, ({ id, label }) => {
          rows++;
          index.set(id, label);
        }),
      );
      const digest = hash.digest("hex");
      const { added, changed, conflicting, newlyConflicting } = index.delivery;
      const ambiguous = await ambiguousIn(temporary, index, conflicting);
      await this.#keep(folder, temporary, digest, added + changed + newlyConflicting > 0);
      const known = rows - added - changed - ambiguous.rows;
      return { rows, added, changed, known, total: index.size, ambiguous };
    } catch (cause) {
      if (temporary !== undefined) await rm(temporary, { force: true });
      throw outputError(folder, cause);
    }
  }

  /** All labels of a model; empty if there are none. @throws ColaError INPUT_UNREADABLE if a file was damaged on the disk */
  async load(model: string): Promise<LabelIndex> {
    for (let tries = LOAD_TRIES; ; tries--) {
      try {
        return await loadAll(this.#folderOf(model));
      } catch (error) {
        // A delivery merged it into another file after the folder was listed.
        if (systemCode(error) !== "ENOENT" || tries <= 1) throw error;
      }
    }
  }

  #folderOf(model: string): string {
    if (!SAFE_NAME.test(model))
      throw new ColaError("JOB_INVALID", `model ${JSON.stringify(model)}: not a name`);
    return join(this.#folder, model);
  }

  async #keep(folder: string, temporary: string, digest: string, isNew: boolean): Promise<void> {
    if (!isNew) return rm(temporary);
    const names = await deliveryFiles(folder);
    const number = Number.parseInt(names.at(-1) ?? "0", 10) + 1;
    await rename(temporary, join(folder, nameOfDelivery(number, digest)));
    await syncFolder(folder);
    await mergeDeliveries(folder);
  }
}

async function loadAll(folder: string): Promise<LabelIndex> {
  const index = new LabelIndex();
  for (const name of await deliveryFiles(folder)) {
    for await (const { id, label } of linesOf(join(folder, name))) index.set(id, label);
    index.beginDelivery();
  }
  return index;
}

/** A worker that was killed may have left a delivery half-written. Who adds labels of a model holds its lock. */
async function removeHalfWritten(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.endsWith(".tmp"));
  for (const name of left) await rm(join(folder, name), { force: true });
}

/** The rows of a delivery whose ids came with different labels in it. */
async function ambiguousIn(path: string, index: LabelIndex, ids: number): Promise<AmbiguousIds> {
  const found = { ids, rows: 0, first: [] as string[] };
  if (ids === 0) return found;
  for await (const { id } of linesOf(path)) {
    if (!index.inConflict(id)) continue;
    found.rows++;
    if (found.first.length < LISTED_IDS && index.leaveOut(id)) found.first.push(shownId(id));
  }
  return found;
}

/** Writes the lines and adds them to the hash. */
async function writeLines(
  file: FileHandle,
  hash: Hash,
  batches: AsyncIterable<LabelledId[]>,
  seen: (row: LabelledId) => void,
): Promise<void> {
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
}
