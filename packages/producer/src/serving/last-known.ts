import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readDocument, writeDocument } from "@colaml/shared/files/state-document";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";
import { pinnedFields } from "@colaml/shared/mlflow/version-cache";
import { z } from "zod";
import type { ModelReference } from "./model-reference";

const documentSchema = z.object({
  /** Of the MLflow server: the champion of another one is another model. */
  address: z.string(),
  pinned: z.object(pinnedFields),
});

/** What aliases stood for when MLflow answered last, on the disk: it outlives this process. */
export interface LastKnown {
  /** Undefined if the alias was never seen, or at another MLflow server. */
  read(reference: ModelReference): Promise<PinnedModel | undefined>;
  /** @throws ColaError OUTPUT_UNWRITABLE */
  write(reference: ModelReference, pinned: PinnedModel): Promise<void>;
  forget(reference: ModelReference): Promise<void>;
}

/**
 * @param folder of the state folder, a file per alias in it
 * @param address of the MLflow server
 * @param report gets a line for a file that cannot be read
 */
export function openLastKnown(folder: string, address: string, report: (line: string) => void): LastKnown {
  // no name has an @, and aliases are letters, digits, _ and -
  const fileOf = ({ name, follows }: ModelReference) => join(folder, `${name}@${follows}.json`);
  return {
    async read(reference) {
      const found = await readDocument("lastKnown", fileOf(reference), documentSchema, report);
      if (found?.address !== address || found.pinned.name !== reference.name) return undefined;
      return found.pinned;
    },
    write: (reference, pinned) => writeDocument("lastKnown", fileOf(reference), { address, pinned }),
    forget: (reference) => rm(fileOf(reference), { force: true }),
  };
}
