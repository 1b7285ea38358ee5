import type { InputSource } from "@colaml/shared/tables/source";
import type { JobContext } from "@colaml/shared/worker/job-context";
import type { BatchBytes } from "../../transport/chunk-transport";
import type { BatchFolder, Owner } from "../claim/batch-folder";
import type { BatchRecord } from "../claim/batch-record";
import type { RepeatedIdFinder } from "../ids/repeated-ids";
import type { GrowingFile } from "../output/batch-output";
import type { ChunkQueue } from "../window/chunk-queue";
import type { FileJob } from "./plan-batch";

/** Named moments of a batch, at which tests end the process. */
export type BatchStep = "added" | "written" | "synced" | "checkpointed" | "complete" | "renamed";

/** What a batch under way works with. */
export interface BatchParts {
  job: FileJob;
  record: BatchRecord;
  owner: Owner;
  folder: BatchFolder;
  source: InputSource;
  output: GrowingFile;
  rejected: GrowingFile;
  /** Absent where row numbers are the ids. */
  repeatedIds: RepeatedIdFinder | undefined;
  bytes: BatchBytes;
  queue: ChunkQueue;
  /** Chunks in flight. */
  window: number;
  inputBytes: number;
  maxRejected: number;
  context: JobContext;
  onStep: (step: BatchStep) => void;
}
