import { extname } from "node:path";
import type { ChunkPlan, PredictDeadJob } from "@colaml/shared/contracts/predict-chunk";
import { withoutCompression } from "@colaml/shared/tables/compression";
import { scannerFor } from "../../scoring/plain-record";
import { rejectedLine } from "../../scoring/rejected-lines";
import type { BegunBatch } from "../batch";
import type { ChunkPlace } from "../plan/chunk-cursor";

/** The lines that a chunk which kept failing leaves in the rejected file: one for each of its records. */
export function listDeadRecords(
  plan: ChunkPlan,
  { index, firstLine }: ChunkPlace,
  records: Buffer,
): string[] {
  const scanner = scannerFor(plan);
  scanner.open(records);
  const lines: string[] = [];
  while (scanner.next() !== "end") {
    lines.push(rejectedLine(firstLine + scanner.line, `chunk ${index} set aside`));
  }
  return lines;
}

/** What the dead-letter queue holds of it: why, and the job that runs only this chunk, to an output of its own. */
export function buildDeadLetter(
  { job, record, context }: BegunBatch,
  { index, start, end, firstLine, firstRow }: ChunkPlace,
  records: number,
  reason: string,
): PredictDeadJob {
  const { name, version } = record.plan.model;
  const output = `${job.output}.chunk-${index}${extname(withoutCompression(job.output)) || ".csv"}`;
  const range = { start, end, firstLine, firstRow };
  const again = { ...job, model: `models:/${name}/${version}`, output, range };
  return { v: 1, jobId: context.jobId, batch: record.id, index, records, firstLine, reason, again };
}
