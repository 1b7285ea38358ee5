import type { TrainJob } from "@colaml/shared/contracts/train";
import { createTokenSpans } from "@colaml/shared/learning/text/create-token-spans";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import { MEASURED_ROWS } from "../choose-penalty";
import { planRows, type RowPlan } from "./plan-rows";

const MIB = 1_048_576;
/** Of the trainer's memory; the rest holds tables, weights and the process itself. */
const SHARE_OF_ROWS = 0.85;
/** A value of a training row: an entry of the trainer's columns. */
const TRAIN_BYTES = 8;
/** A value of a row that rounds are measured on. */
const MEASURED_BYTES = 6;
/** Rows whose values are counted, evenly spaced. */
const COUNTED_ROWS = 2_000;

/**
 * `planRows`; with the preset best, and if a job does not say how many rows to take, a seeded sample of as many rows as
 * the trainer's memory holds the features of.
 *
 * @returns the plan, and a line that says so if rows were sampled
 * @throws ColaError as `planRows`
 */
export async function planWithinMemory(
  reader: DatasetReader,
  job: TrainJob,
  features: TfidfSettings,
  maxMemoryMb: number,
): Promise<{ plan: RowPlan; note: string[] }> {
  const plan = await planRows(reader, job);
  if (job.preset !== "best" || job.max_train_rows > 0) return { plan, note: [] };
  const all = plan.rows.train + plan.rows.validation + plan.rows.test;
  const budget = maxMemoryMb * MIB * SHARE_OF_ROWS;
  const mostPerRow = (plan.textBytes / all) * mostPerByte(features);
  if (all <= rowsWithin(budget, plan, mostPerRow)) return { plan, note: [] };
  const rows = rowsWithin(budget, plan, await valuesPerRow(reader, plan, features));
  if (rows >= all) return { plan, note: [] };
  const sampled = await planRows(reader, { ...job, max_train_rows: rows });
  const note = `${rows} of ${all} rows were taken, a seeded sample: the features of all would not fit in ${maxMemoryMb} MiB (max_train_rows says how many, COLAML_TRAIN_MEMORY_MB gives more)`;
  return { plan: sampled, note: [note] };
}

/** Rows of the file, in all parts, of which a training fits into so many bytes. */
function rowsWithin(bytes: number, { rows }: RowPlan, valuesPerRow: number): number {
  const all = rows.train + rows.validation + rows.test;
  const measured = Math.min(MEASURED_ROWS.validation, rows.validation) * valuesPerRow * MEASURED_BYTES;
  const perRow = (valuesPerRow * TRAIN_BYTES * rows.train) / all;
  // A small budget is shared between both.
  return Math.floor(Math.max(bytes - measured, bytes / 2) / perRow);
}

/** Values that a byte of text makes at most, for files that are small enough at any rate. */
function mostPerByte(features: TfidfSettings): number {
  return featureParts(features).reduce(
    (sum, { ngram_range: [shortest, longest] }) => sum + longest - shortest + 1,
    0,
  );
}

/** Mean number of different terms of a row: the values that it has at most. */
async function valuesPerRow(
  reader: DatasetReader,
  { partOf }: RowPlan,
  features: TfidfSettings,
): Promise<number> {
  const parts = featureParts(features).map(createTokenSpans);
  const every = Math.max(1, Math.floor(partOf.length / COUNTED_ROWS));
  const seen = new Set<number>();
  let row = 0;
  let rows = 0;
  let values = 0;
  for await (const { bytes, textStart, textEnd, count } of reader.blocks()) {
    for (let i = 0; i < count; i++) {
      if (row++ % every !== 0) continue;
      rows++;
      for (const tokens of parts) {
        tokens.tokenize(bytes, textStart[i]!, textEnd[i]!);
        seen.clear();
        for (let token = 0; token < tokens.count; token++) seen.add(tokens.hashes[token]!);
        values += seen.size;
      }
    }
  }
  return Math.max(1, values / Math.max(1, rows));
}
