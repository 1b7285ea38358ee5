import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { readDataset } from "@colaml/shared/data/dataset-reader";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import type { Dataset } from "@colaml/shared/jobs/names";

/** Rows looked at: enough to open the file, read its header and find one row. */
const ROWS_LOOKED_AT = 1;

/**
 * Opens an input before a job is queued for it, so that a wrong path or column is said at once: the same errors,
 * from the same reader, that the worker would give.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, COLUMN_NOT_FOUND
 */
export async function checkInput(
  dataset: Dataset,
  columns: { text?: string; label?: string; others?: string[] },
): Promise<void> {
  const reader = readDataset(dataset, columns, { batchRows: ROWS_LOOKED_AT });
  for await (const _batch of reader.batches()) return;
}

/**
 * Looks whether a file can be written where it is wanted, before the work that it is to tell of.
 *
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function checkOutputFolder(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new ColaError("OUTPUT_UNWRITABLE", `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
