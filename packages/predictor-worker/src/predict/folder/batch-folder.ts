import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { batchFolderPath } from "@colaml/shared/contracts/receipt";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { FOLDER_MODE, writeDurably } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";
import { z } from "zod";

const ownerSchema = z.strictObject({ jobId: z.string(), epoch: z.string() });
export type Owner = z.infer<typeof ownerSchema>;

/** What a batch leaves in its folder, at whatever moment it ends: files of its own, and those under way. */
const OWN_ENTRIES =
  /^(owner|batch|checkpoint|receipt)\.json$|^(output|rejected|parts)$|^\.[0-9a-f]{12}\.(tmp|ids)$/;

/** Everything a batch keeps until its output is complete, in one folder beside the output. */
export class BatchFolder {
  readonly path: string;
  readonly #output: string;
  readonly outputFile: string;
  readonly rejectedFile: string;
  readonly partsFolder: string;

  constructor(output: string) {
    this.path = batchFolderPath(output);
    this.#output = output;
    this.outputFile = join(this.path, "output");
    this.rejectedFile = join(this.path, "rejected");
    this.partsFolder = join(this.path, "parts");
  }

  /**
   * Makes the folder ours; false if there is one already.
   * @throws ColaError OUTPUT_UNWRITABLE
   */
  async claim(owner: Owner): Promise<boolean> {
    const fresh = `${this.path}.${randomBytes(6).toString("hex")}`;
    try {
      await mkdir(fresh, { mode: FOLDER_MODE });
      await writeFile(join(fresh, "owner.json"), JSON.stringify(owner));
      // a folder that is not empty cannot be renamed over: one of two wins
      await rename(fresh, this.path);
      return true;
    } catch (error) {
      await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOTEMPTY" || code === "EEXIST") return false;
      throw outputError(this.#output, error);
    }
  }

  /**
   * Removes what another batch left here.
   * @throws ColaError OUTPUT_UNWRITABLE if somebody else's files are in it, which stay
   */
  async clear(): Promise<void> {
    const foreign = (await readdir(this.path)).find((name) => !OWN_ENTRIES.test(name));
    if (foreign === undefined) return this.remove();
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `cannot write ${this.#output}: its batch folder ${this.path} holds ${JSON.stringify(foreign)}, which no batch made: move it away`,
    );
  }

  /** Who works on the batch; undefined if there is no folder. */
  async readOwner(): Promise<Owner | undefined> {
    return this.#read("owner.json", ownerSchema);
  }

  /** Takes the folder over: the worker that had it notices at its next checkpoint. */
  async takeOver(owner: Owner): Promise<void> {
    await this.write("owner.json", owner);
  }

  /** A file of the folder, or undefined if it is not there or cannot be read as what it should be. */
  async read<T>(
    name: "batch.json" | "checkpoint.json" | "receipt.json",
    schema: z.ZodType<T>,
  ): Promise<T | undefined> {
    return this.#read(name, schema);
  }

  async write(name: string, value: unknown): Promise<void> {
    await writeDurably(join(this.path, name), [Buffer.from(JSON.stringify(value))]);
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

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(join(this.path, name), "utf8")));
    } catch {
      return undefined;
    }
  }
}
