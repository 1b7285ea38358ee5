import { createHash } from "node:crypto";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { withoutCompression } from "@colaml/shared/data/compression";
import { ColaError, type ErrorCode } from "@colaml/shared/errors/cola-error";
import type { PredictChunkJob, PredictChunkResult } from "@colaml/shared/jobs/predict-chunk";
import type { JobContext } from "@colaml/shared/worker/job-context";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import { scannerFor } from "../scoring/plain-scorer";
import { rejectedLine } from "../scoring/rejected-lines";
import type { BatchBytes } from "../transport/chunk-transport";
import type { BatchFolder, Owner } from "./batch-folder";
import type { GrowingFile } from "./batch-output";
import type { BatchRecord } from "./batch-record";
import type { Checkpoint } from "./checkpoint";
import { ChunkCursor, type PlannedChunk } from "./chunk-cursor";
import type { ChunkQueue } from "./chunk-queue";
import type { InputSource } from "./input-source";
import type { FileJob } from "./plan-batch";

/** How often the head of the window is looked at: at first, and when nothing comes. */
const POLL_MS = { least: 5, most: 200 };
/** A checkpoint costs two fsyncs: after so many chunks or so long. */
const CHECKPOINT = { chunks: 8, ms: 500 };
const PROGRESS_MS = 250;
/** A share of rejected rows says nothing before so many records. */
const LEAST_FOR_SHARE = 10_000;

/** Failures of a chunk that are not the chunk's own: the batch ends with them and can be taken up again. */
const NOT_THE_CHUNK: ReadonlySet<ErrorCode> = new Set([
  "OUTPUT_UNWRITABLE",
  "INPUT_CHANGED",
  "INPUT_NOT_FOUND",
  "PATH_NOT_ALLOWED",
  "MODEL_NOT_FOUND",
  "MODEL_CORRUPT",
  "MLFLOW_UNREACHABLE",
  "MLFLOW_FAILED",
  "REDIS_FULL",
]);

/** Named moments of a batch, at which tests end the process. */
export type BatchStep = "added" | "written" | "synced" | "checkpointed" | "complete" | "renamed";

export interface BatchParts {
  job: FileJob;
  record: BatchRecord;
  owner: Owner;
  folder: BatchFolder;
  source: InputSource;
  output: GrowingFile;
  rejected: GrowingFile;
  bytes: BatchBytes;
  queue: ChunkQueue;
  /** Chunks in flight. */
  window: number;
  inputBytes: number;
  maxRejected: number | undefined;
  context: JobContext;
  onStep: (step: BatchStep) => void;
}

/** A chunk in flight: its place, without its bytes. */
type InFlight = Omit<PlannedChunk, "bytes">;

/**
 * Sends chunks out in a sliding window and appends their parts in order. Only what a checkpoint covers is forgotten:
 * whoever takes the batch up after a kill finds everything else again, or makes it again.
 */
export class BatchRun {
  readonly #parts: BatchParts;
  readonly #cursor: ChunkCursor;
  readonly #inFlight: InFlight[] = [];
  /** Appended, but not yet covered by a checkpoint. */
  #uncovered: number[] = [];
  #state: Checkpoint;
  #checkpointedAt = Date.now();
  #progressAt = 0;

  constructor(parts: BatchParts, from: Checkpoint) {
    this.#parts = parts;
    this.#state = from;
    const { nextChunk: index, inputOffset: offset, line, row } = from;
    const { plan, chunkBytes } = parts.record;
    this.#cursor = new ChunkCursor(parts.source, plan, chunkBytes, { index, offset, line, row });
  }

  /** Runs to the end of the input; returns the last checkpoint. */
  async run(): Promise<Checkpoint> {
    const { context, queue } = this.#parts;
    const { nextChunk } = this.#state;
    await this.#forget(Array.from({ length: nextChunk - this.#oldest }, (_, i) => this.#oldest + i));
    for (;;) {
      if (context.stopping.aborted) await this.#handBack();
      await this.#fill();
      const head = this.#inFlight[0];
      if (head === undefined) break;
      await this.#consume(head);
      this.#inFlight.shift();
      this.#checkRejected(false);
      await this.#progress();
      const { length } = this.#uncovered;
      if (length >= CHECKPOINT.chunks || Date.now() - this.#checkpointedAt > CHECKPOINT.ms)
        await this.#checkpoint();
    }
    this.#checkRejected(true);
    await this.#checkpoint();
    await this.#unlessAborted(queue.sweep(0, this.#state.nextChunk));
    return this.#state;
  }

  /** Chunks before the checkpoint that a coordinator may not have got to forget. */
  get #oldest(): number {
    return Math.max(0, this.#state.nextChunk - CHECKPOINT.chunks);
  }

  async #forget(indexes: readonly number[]): Promise<void> {
    const { queue, bytes } = this.#parts;
    for (const index of indexes) {
      await this.#unlessAborted(queue.remove(index));
      await bytes.drop(index);
    }
  }

  /** Takes every chunk that is out off the queue: the batch ends here. */
  async withdraw(): Promise<void> {
    const { queue, bytes } = this.#parts;
    for (const index of [...this.#uncovered, ...this.#inFlight.map((chunk) => chunk.index)]) {
      await queue.remove(index);
      await bytes.drop(index);
    }
  }

  async #fill(): Promise<void> {
    const { window, context, onStep } = this.#parts;
    while (this.#inFlight.length < window) {
      context.signal.throwIfAborted();
      const chunk = await this.#cursor.next();
      if (chunk === undefined) return;
      const { bytes, ...place } = chunk;
      if (!chunk.oversize) await this.#add(place, bytes);
      this.#inFlight.push(place);
      onStep("added");
    }
  }

  async #add(place: InFlight, bytes: Buffer): Promise<void> {
    const { queue, record } = this.#parts;
    const source = await this.#parts.bytes.offer(place.index, place.start, place.end, bytes);
    const { index, firstLine, firstRow } = place;
    const chunk: PredictChunkJob = {
      v: 1,
      batch: record.id,
      index,
      plan: record.plan,
      source,
      firstLine,
      firstRow,
    };
    await this.#unlessAborted(queue.add(chunk));
  }

  /** Waits for the chunk's part and appends it. */
  async #consume(chunk: InFlight): Promise<void> {
    if (chunk.oversize) {
      await this.#appendRejected(rejectedLine(chunk.firstLine, "record too large"));
      this.#advance(chunk, { rows: 0, rejected: 1, invalidUtf8: 0 });
      return;
    }
    for (let wait = POLL_MS.least; ; wait = Math.min(wait * 2, POLL_MS.most)) {
      const outcome = await this.#unlessAborted(this.#parts.queue.outcome(chunk.index));
      if (outcome.state === "done" && (await this.#append(chunk, outcome.result))) return;
      if (outcome.state === "failed") return this.#setAside(chunk, outcome.reason);
      if (outcome.state !== "running") await this.#addAgain();
      else await this.#pause(wait);
    }
  }

  /** False where the part is not what the chunk's worker said: it is made again. */
  async #append(chunk: InFlight, result: PredictChunkResult): Promise<boolean> {
    const { output, rejected, bytes, queue, context, onStep } = this.#parts;
    const part = await bytes.take(chunk.index);
    const fits = part?.length === result.outputBytes + result.rejectedBytes;
    if (!part || !fits || createHash("sha256").update(part).digest("hex") !== result.sha256) {
      context.logger.warn("the part of a chunk is gone or damaged: it is made again", { chunk: chunk.index });
      await queue.remove(chunk.index);
      return false;
    }
    await output.append(part.subarray(0, result.outputBytes));
    await rejected.append(part.subarray(result.outputBytes));
    onStep("written");
    this.#advance(chunk, result);
    return true;
  }

  /** Redis forgot a chunk: most likely all of them. Those that are there stay as they are. */
  async #addAgain(): Promise<void> {
    const { context, queue } = this.#parts;
    let again = 0;
    for (const place of this.#inFlight) {
      if (place.oversize || (await queue.outcome(place.index)).state !== "missing") continue;
      await this.#add(place, await this.#rangeBytes(place));
      again++;
    }
    if (again > 0) context.logger.warn("chunks were gone from Redis and are added again", { chunks: again });
  }

  /** Rows of a chunk that kept failing go to the rejected file, and the chunk to the queue of dead ones. */
  async #setAside(chunk: InFlight, reason: string): Promise<void> {
    const { code, message } = parseFailedReason(reason);
    if (NOT_THE_CHUNK.has(code)) throw new ColaError(code, message);
    const { queue, record, job, context } = this.#parts;
    const range = await this.#rangeBytes(chunk);
    const scanner = scannerFor(record.plan);
    scanner.open(range);
    let records = 0;
    const lines: string[] = [];
    while (scanner.next() !== "end") {
      records++;
      lines.push(rejectedLine(chunk.firstLine + scanner.line, `chunk ${chunk.index} set aside`));
    }
    await this.#appendRejected(lines.join(""));
    const { index, start, end, firstLine, firstRow } = chunk;
    const again = {
      ...job,
      model: `models:/${record.plan.model.name}/${record.plan.model.version}`,
      output: `${job.output}.chunk-${index}${extname(withoutCompression(job.output))}`,
      range: { start, end, firstLine, firstRow },
    };
    const { jobId } = context;
    await queue.setAside({
      v: 1,
      jobId,
      batch: record.id,
      index,
      records,
      firstLine,
      reason: message,
      again,
    });
    context.logger.error("a chunk kept failing and is set aside", {
      chunk: index,
      firstLine,
      records,
      reason: message,
    });
    this.#state.setAside.push({ index, start, end, firstLine, records, reason: message });
    this.#advance(chunk, { rows: 0, rejected: records, invalidUtf8: 0 });
  }

  /** The bytes of a chunk that is out: from the input, or, as an inflated one only flows forwards, as offered. */
  async #rangeBytes({ index, start, end }: InFlight): Promise<Buffer> {
    const { source, bytes } = this.#parts;
    if (source.ranges) return source.read(start, end - start);
    const offered = await bytes.offered(index);
    if (offered !== undefined) return offered;
    throw new ColaError(
      "INTERNAL",
      `the bytes of chunk ${index} are gone: the batch starts from its checkpoint`,
    );
  }

  async #appendRejected(lines: string): Promise<void> {
    await this.#parts.rejected.append(Buffer.from(lines));
  }

  #advance(
    chunk: InFlight,
    result: Pick<PredictChunkResult, "rows" | "rejected" | "invalidUtf8"> & { sha256?: string },
  ): void {
    const state = this.#state;
    const { index, start, end } = chunk;
    const { rows, rejected, sha256 } = result;
    state.chunks.push({ index, start, end, rows, rejected, ...(sha256 !== undefined && { sha256 }) });
    this.#state = {
      ...state,
      nextChunk: index + 1,
      inputOffset: end,
      line: chunk.firstLine + chunk.lines,
      row: chunk.firstRow + chunk.records,
      outputBytes: this.#parts.output.size,
      rejectedBytes: this.#parts.rejected.size,
      rows: state.rows + rows,
      rejected: state.rejected + rejected,
      invalidUtf8: state.invalidUtf8 + result.invalidUtf8,
    };
    this.#uncovered.push(index);
  }

  /** Makes what was appended last, says so on the disk, and only then forgets where it came from. */
  async #checkpoint(): Promise<void> {
    const { output, rejected, folder, owner, onStep } = this.#parts;
    if (this.#uncovered.length === 0) return;
    await output.sync();
    await rejected.sync();
    onStep("synced");
    await folder.checkOwner(owner);
    await folder.write("checkpoint.json", this.#state);
    onStep("checkpointed");
    await this.#forget(this.#uncovered);
    this.#uncovered = [];
    this.#checkpointedAt = Date.now();
  }

  /** The process stops: another worker goes on from here, chunks that are out stay out. */
  async #handBack(): Promise<never> {
    await this.#checkpoint();
    return this.#parts.context.handBack();
  }

  /** @throws ColaError TOO_MANY_REJECTED */
  #checkRejected(atEnd: boolean): void {
    const { maxRejected } = this.#parts;
    const { rejected, rows } = this.#state;
    if (maxRejected === undefined) return;
    const records = rejected + rows;
    const isShare = maxRejected > 0 && maxRejected < 1;
    const tooMany = isShare
      ? (atEnd || records >= LEAST_FOR_SHARE) && rejected > maxRejected * records
      : rejected > maxRejected;
    if (!tooMany) return;
    throw new ColaError(
      "TOO_MANY_REJECTED",
      `${rejected} of ${records} rows were rejected; allowed is ${isShare ? `a share of ${maxRejected}` : maxRejected}`,
      { details: { rejected, records } },
    );
  }

  async #progress(): Promise<void> {
    const now = Date.now();
    if (now - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = now;
    const { rows, rejected, inputOffset } = this.#state;
    const { record, inputBytes, source, context } = this.#parts;
    const done = rows + rejected;
    const scored = inputOffset - record.dataStart;
    // How many rows there are is known at the end; until then the bytes say about how many.
    const total =
      source.ranges && scored > 0 ? Math.round((done * (inputBytes - record.dataStart)) / scored) : undefined;
    await context.progress({ stage: "score", done, unit: "rows", ...(total !== undefined && { total }) });
  }

  async #pause(ms: number): Promise<void> {
    const { signal, stopping } = this.#parts.context;
    if (stopping.aborted) await this.#handBack();
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  /** Commands wait for ever while Redis is away; the end of the job does not. */
  #unlessAborted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#parts.context;
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }
}
