import type { Dataset } from "@colaml/shared/contracts/names";
import type { TextColumns } from "@colaml/shared/settings/text-columns";
import { readDataset } from "@colaml/shared/tables/dataset-reader";

/** Rows looked at: enough to open the file, read its header and find one row. */
const ROWS_LOOKED_AT = 1;

/**
 * Opens an input before a job is queued for it, so that a wrong path or column is reported at once: the same errors,
 * from the same reader, that the worker would give.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, COLUMN_NOT_FOUND
 */
export async function checkInput(
  dataset: Dataset,
  columns: { text?: TextColumns; label?: string; others?: string[] },
): Promise<void> {
  const reader = readDataset(dataset, columns, { batchRows: ROWS_LOOKED_AT });
  for await (const _batch of reader.batches()) return;
}
