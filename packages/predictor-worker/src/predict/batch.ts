import { randomBytes } from "node:crypto";
import type { PredictJob } from "@colaml/shared/contracts/predict";
import type { InputSource } from "@colaml/shared/tables/source";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { BatchFolder, type Owner } from "./folder/batch-folder";
import type { BatchRecord } from "./folder/batch-record";
import type { PredictOptions } from "./predict-options";

/** A file job: the schema lets it through only with an input and an output. */
export type FileJob = PredictJob & Required<Pick<PredictJob, "input" | "output">>;

/** A file job in the hands of this process: what is asked for, where its state lies, and what it works with. */
export interface Batch {
  job: FileJob;
  /** Everything that the batch keeps on disk until its output is complete. */
  folder: BatchFolder;
  /** This attempt at the job, as `owner.json` names it. */
  owner: Owner;
  /** Logger, progress, and the signals that end the attempt. */
  context: JobContext;
  options: PredictOptions;
}

/** A batch whose input is open and whose plan is written down: what is left is to do it. */
export interface BegunBatch extends Batch {
  record: BatchRecord;
  /** The input, up to the end of the range that the job is limited to. */
  source: InputSource;
}

/** A new attempt at a job. It has a mark of its own: no other attempt at the same job is taken for it. */
export function createBatch(job: FileJob, context: JobContext, options: PredictOptions): Batch {
  const owner: Owner = { jobId: context.jobId, epoch: randomBytes(8).toString("hex") };
  const folder = new BatchFolder(job.output, (line) => context.logger.warn(line));
  return { job, folder, owner, context, options };
}
