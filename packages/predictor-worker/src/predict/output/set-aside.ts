import { extname } from "node:path";
import type { PredictDeadJob } from "@colaml/shared/contracts/predict-chunk";
import { withoutCompression } from "@colaml/shared/tables/compression";
import { scannerFor } from "../../scoring/plain-record";
import { rejectedLine } from "../../scoring/rejected-lines";
import type { BatchParts } from "../plan/batch-parts";
import type { InFlight } from "../window/chunk-window";

/** The lines that a chunk which kept failing leaves in the rejected file: one for each of its records. */
export function linesSetAside(
  { record }: Pick<BatchParts, "record">,
  { index, firstLine }: InFlight,
  range: Buffer,
): string[] {
  const scanner = scannerFor(record.plan);
  scanner.open(range);
  const lines: string[] = [];
  while (scanner.next() !== "end") {
    lines.push(rejectedLine(firstLine + scanner.line, `chunk ${index} set aside`));
  }
  return lines;
}

/** What the queue of dead chunks holds of it: why, and the job that runs it alone, to an output of its own. */
export function deadJobOf(
  { job, record, context }: Pick<BatchParts, "job" | "record" | "context">,
  { index, start, end, firstLine, firstRow }: InFlight,
  records: number,
  reason: string,
): PredictDeadJob {
  const { name, version } = record.plan.model;
  const output = `${job.output}.chunk-${index}${extname(withoutCompression(job.output)) || ".csv"}`;
  const range = { start, end, firstLine, firstRow };
  const again = { ...job, model: `models:/${name}/${version}`, output, range };
  return { v: 1, jobId: context.jobId, batch: record.id, index, records, firstLine, reason, again };
}
