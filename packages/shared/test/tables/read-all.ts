import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { type ReadOptions, readDataset } from "@colaml/shared/tables/dataset-reader";
import type { ReadColumns } from "@colaml/shared/tables/row-columns";

const folder = mkdtempSync(join(tmpdir(), "colaml-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file of its own folder, which goes when the test file ends. */
export function writeInput(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Everything a reader gives of a file. */
export async function readAll(file: string | Dataset, columns: ReadColumns, options?: ReadOptions) {
  const reader = readDataset(typeof file === "string" ? { path: file } : file, columns, options);
  const all = { texts: [] as string[], labels: [] as string[], ids: [] as string[], lines: [] as number[] };
  const others: string[][] = (columns.others ?? []).map(() => []);
  for await (const batch of reader.batches()) {
    all.texts.push(...batch.texts);
    all.labels.push(...batch.labels);
    all.ids.push(...batch.ids);
    all.lines.push(...batch.lines);
    batch.others.forEach((column, i) => {
      others[i]!.push(...column);
    });
  }
  return { ...all, others, rejected: reader.rejected, invalidUtf8: reader.invalidUtf8 };
}

/** The error of reading a file, as `CODE: message`. */
export async function readError(
  file: string | Dataset,
  columns: ReadColumns,
  options?: ReadOptions,
): Promise<string> {
  try {
    await readAll(file, columns, options);
    return "nothing thrown";
  } catch (error) {
    return error instanceof ColaError ? `${error.code}: ${error.message}` : String(error);
  }
}
