import type { JobProgress } from "@colaml/shared/contracts/progress";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import type { RowPlan } from "./plan-rows";

export interface ReadHooks {
  progress: (progress: JobProgress) => void;
  signal: AbortSignal;
}

/** A row's text as bytes (UTF-8), its part (see `RowPlan`), and its class. What it returns is waited for. */
export type VisitRow = (
  bytes: Buffer,
  start: number,
  end: number,
  part: number,
  label: number,
) => Promise<void> | undefined;

/**
 * One pass over the accepted rows of the file, in order.
 *
 * @param stage name of the pass, for its progress
 * @throws ColaError JOB_CANCELLED, and what reading throws
 */
export async function eachRow(
  reader: DatasetReader,
  { partOf, classOf }: Pick<RowPlan, "partOf" | "classOf">,
  { progress, signal }: ReadHooks,
  stage: string,
  visit: VisitRow,
): Promise<void> {
  const total = partOf.length;
  let row = 0;
  for await (const { bytes, textStart, textEnd, count } of reader.blocks()) {
    if (signal.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
    for (let i = 0; i < count; i++, row++) {
      const wait = visit(bytes, textStart[i]!, textEnd[i]!, partOf[row]!, classOf[row]!);
      if (wait !== undefined) await wait;
    }
    progress({ stage, done: row, total, unit: "rows" });
  }
}

/** Class index of each row of each part, in file order. */
export function partLabels({ partOf, classOf, rows }: Pick<RowPlan, "partOf" | "classOf" | "rows">) {
  const labels = [rows.train, rows.validation, rows.test].map((n) => new Uint16Array(n));
  const filled = [0, 0, 0];
  for (let row = 0; row < partOf.length; row++) {
    const part = partOf[row]!;
    if (part < labels.length) labels[part]![filled[part]!++] = classOf[row]!;
  }
  return { train: labels[0]!, validation: labels[1]!, test: labels[2]! };
}
