import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { batchFolderPath } from "@colaml/shared/contracts/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { DocumentKind } from "@colaml/shared/files/documents";
import { FOLDER_MODE, isThere, writeDurably } from "@colaml/shared/files/durable-file";
import { outputError, systemCode } from "@colaml/shared/files/file-errors";
import { documentBytes, isNewer, parseDocument, reasonOf } from "@colaml/shared/files/state-document";
import { BATCH_FOLDER_ENTRIES } from "@colaml/shared/outputs/batch-folder-names";
import { z } from "zod";

const ownerSchema = z.object({ jobId: z.string(), epoch: z.string() });
export type Owner = z.infer<typeof ownerSchema>;

/** The documents of a batch, by their names in its folder. */
const KINDS = {
  "owner.json": "batchOwner",
  "batch.json": "batchRecord",
  "checkpoint.json": "checkpoint",
  "receipt.json": "receipt",
} as const satisfies Record<string, DocumentKind>;
type DocumentName = keyof typeof KINDS;

/** Everything a batch keeps until its output is complete, in one folder beside the output. */
export class BatchFolder {
  readonly path: string;
  readonly #output: string;
  readonly outputFile: string;
  readonly rejectedFile: string;
  readonly partsFolder: string;
  readonly #report: (line: string) => void;

  /** @param report gets a line about a document that cannot be read */
  constructor(output: string, report: (line: string) => void) {
    this.path = batchFolderPath(output);
    this.#report = report;
    this.#output = output;
    this.outputFile = join(this.path, "output");
    this.rejectedFile = join(this.path, "rejected");
    this.partsFolder = join(this.path, "parts");
  }

  /**
   * Makes the folder ours; false if there is one already. What an attempt at the same job left that was killed on the
   * way is removed first.
   *
   * @throws ColaError OUTPUT_UNWRITABLE
   */
  async claim(owner: Owner): Promise<boolean> {
    const draft = this.#draftOf(owner.jobId);
    try {
      await this.abandonDraft(owner.jobId);
      await mkdir(draft, { mode: FOLDER_MODE });
      await writeFile(join(draft, "owner.json"), documentBytes("batchOwner", owner));
      // a folder that is not empty cannot be renamed over: one of two wins
      await rename(draft, this.path);
      return true;
    } catch (error) {
      const code = systemCode(error);
      // another attempt at the same job, at the same time, removed this draft or has just made its own
      const isOvertaken = code === "EEXIST" || (code === "ENOENT" && (await isThere(this.path)));
      if (!isOvertaken) await this.abandonDraft(owner.jobId).catch(() => undefined);
      if (isOvertaken || code === "ENOTEMPTY") return false;
      throw outputError(this.#output, error);
    }
  }

  /** Removes what an attempt at a job left that was killed before it had the folder. */
  async abandonDraft(jobId: string): Promise<void> {
    await rm(this.#draftOf(jobId), { recursive: true, force: true });
  }

  /** The name under which a job makes the folder: the next attempt finds it without looking through the output's folder. */
  #draftOf(jobId: string): string {
    return `${this.path}.${createHash("sha256").update(jobId).digest("hex").slice(0, 12)}`;
  }

  /**
   * Removes what another batch left here.
   * @throws ColaError OUTPUT_UNWRITABLE if somebody else's files are in it, which stay
   */
  async clear(): Promise<void> {
    const names = await readdir(this.path).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return [];
      throw outputError(this.#output, error);
    });
    const foreign = names.find((name) => !BATCH_FOLDER_ENTRIES.test(name));
    if (foreign === undefined) return this.remove();
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `cannot write ${this.#output}: its batch folder ${this.path} holds ${JSON.stringify(foreign)}, which no batch made: move it away`,
    );
  }

  /** Who works on the batch; undefined if there is no folder. */
  async readOwner(): Promise<Owner | undefined> {
    return this.read("owner.json", ownerSchema);
  }

  /** Takes the folder over: the worker that had it notices at its next checkpoint. */
  async takeOver(owner: Owner): Promise<void> {
    await this.write("owner.json", owner);
  }

  /**
   * A document of the folder, or undefined if it is not there or is not what it should be, which is reported.
   *
   * @throws ColaError STATE_NEWER if a newer release wrote it, OUTPUT_UNWRITABLE if the disk or the permissions forbid
   *   reading it
   */
  async read<T>(name: DocumentName, schema: z.ZodType<T>): Promise<T | undefined> {
    const path = join(this.path, name);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return undefined;
      throw outputError(path, error);
    });
    if (bytes === undefined) return undefined;
    try {
      return parseDocument(KINDS[name], path, bytes, schema);
    } catch (error) {
      if (isNewer(error)) throw error;
      this.#report(`${path} cannot be read and counts as absent (${reasonOf(error)})`);
      return undefined;
    }
  }

  /** Forgets how far another plan of the batch was. */
  async dropCheckpoint(): Promise<void> {
    await rm(join(this.path, "checkpoint.json"), { force: true });
  }

  async write(name: DocumentName, value: object): Promise<void> {
    await writeDurably(join(this.path, name), [documentBytes(KINDS[name], value)]);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** @throws ColaError INTERNAL if another worker has taken the batch over */
  async checkOwner(owner: Owner): Promise<void> {
    const now = await this.readOwner();
    if (now?.epoch === owner.epoch) return;
    throw new ColaError("INTERNAL", "lock lost: another worker has taken this batch over");
  }
}
