import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { chunkJobId, type PredictChunkResult } from "@colaml/shared/contracts/predict-chunk";
import { ColaError, type ErrorCode } from "@colaml/shared/errors/cola-error";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import { rejectedLine } from "../scoring/rejected-lines";
import type { Checkpoint } from "./checkpoint/checkpoint";
import { type ChunkCounts, rejectedAll, sumCounts } from "./checkpoint/chunk-counts";
import { deadJobOf, linesSetAside } from "./output/set-aside";
import type { BatchParts } from "./plan/batch-parts";
import { checkEncoding } from "./plan/check-encoding";
import { unlessAborted } from "./unless-aborted";
import { ChunkWindow, type InFlight } from "./window/chunk-window";

/** How often the head of the window is looked at: at first, and when nothing comes. */
const POLL_MS = { least: 5, most: 200 };
/**
 * A checkpoint costs two fsyncs: after so many chunks or so long. It is made beside the scoring; where the disk does
 * not keep up, the batch waits for it when so many chunks are uncovered.
 */
const CHECKPOINT = { chunks: 8, ms: 500, mostUncovered: 12 };
const PROGRESS_MS = 250;

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

/**
 * Sends chunks out in a sliding window and appends their parts in order. Only what a checkpoint covers is forgotten:
 * whoever takes the batch up after a kill finds everything else again, or makes it again.
 */
export class BatchRun {
  readonly #parts: BatchParts;
  readonly #window: ChunkWindow;
  /** Appended, but not yet covered by a checkpoint. */
  #uncovered: number[] = [];
  #state: Checkpoint;
  #checkpointedAt = Date.now();
  /** The latest one, under way or done; its failure is the batch's. */
  #lastCheckpoint: Promise<void> = Promise.resolve();
  #isUnderWay = false;
  #progressAt = 0;
  /** Tells who watches that the batch does not begin at its beginning. */
  readonly #message: string | undefined;

  constructor(parts: BatchParts, from: Checkpoint) {
    this.#parts = parts;
    this.#state = from;
    const { nextChunk: index, inputOffset: offset, line, row } = from;
    this.#message = index > 0 ? `resumed behind row ${from.rows + from.rejected}` : undefined;
    this.#window = new ChunkWindow(parts, { index, offset, line, row });
  }

  /** Runs to the end of the input; returns the last checkpoint. */
  async run(): Promise<Checkpoint> {
    try {
      return await this.#toTheEnd();
    } finally {
      // nothing is written any more when the batch has ended
      await this.#lastCheckpoint.catch(() => undefined);
    }
  }

  async #toTheEnd(): Promise<Checkpoint> {
    const { context, queue, maxRejected } = this.#parts;
    const { nextChunk } = this.#state;
    await this.#forget(Array.from({ length: nextChunk - this.#oldest }, (_, i) => this.#oldest + i));
    for (;;) {
      if (context.stopping.aborted) await this.#handBack();
      await this.#window.fill();
      const { head } = this.#window;
      if (head === undefined) break;
      await this.#consume(head);
      this.#window.shift();
      this.#checkRows(maxRejected, false);
      await this.#progress();
      await this.#checkpointWhenDue();
    }
    this.#checkRows(maxRejected, true);
    await this.#checkpointNow();
    await this.#unlessAborted(queue.sweep(0, this.#state.nextChunk));
    return this.#state;
  }

  /** Ends a batch that rejects too much, or whose texts are not UTF-8. */
  #checkRows(maxRejected: number, atEnd: boolean): void {
    const { path } = this.#parts.job.input;
    const reasons = describeReasons(this.#state.rejectedByReason);
    checkRejected(maxRejected, this.#state, atEnd, { path, reasons: reasons === undefined ? [] : [reasons] });
    checkEncoding(path, this.#state, atEnd);
  }

  /** Chunks before the checkpoint that a coordinator may not have got to forget. */
  get #oldest(): number {
    return Math.max(0, this.#state.nextChunk - 2 * CHECKPOINT.mostUncovered);
  }

  async #forget(indexes: readonly number[]): Promise<void> {
    const { queue, bytes } = this.#parts;
    const forget = async (index: number) => {
      await this.#unlessAborted(queue.remove(index));
      await bytes.drop(index);
    };
    await Promise.all(indexes.map(forget));
  }

  /** Takes every chunk that may be out off the queue, those of an earlier coordinator too: the batch ends here. */
  async withdraw(): Promise<void> {
    const to = this.#state.nextChunk + CHECKPOINT.mostUncovered + this.#parts.window;
    await this.#window.withdraw(this.#oldest, to);
  }

  /** Waits for the chunk's part and appends it. */
  async #consume(chunk: InFlight): Promise<void> {
    if (chunk.oversize) {
      const { reason } = chunk.oversize;
      await this.#appendRejected(rejectedLine(chunk.firstLine, reason));
      this.#advance(chunk, rejectedAll(1, reason));
      return;
    }
    for (let wait = POLL_MS.least; ; wait = Math.min(wait * 2, POLL_MS.most)) {
      const outcome = await this.#unlessAborted(this.#parts.queue.outcome(chunk.index));
      if (outcome.state === "done" && (await this.#append(chunk, outcome.result))) return;
      if (outcome.state === "failed" && !(await this.#isToBeMadeAgain(chunk, outcome.reason))) {
        return this.#setAside(chunk, parseFailedReason(outcome.reason).message);
      }
      if (outcome.state !== "running") await this.#window.addMissing();
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
    const written = part.subarray(0, result.outputBytes);
    await output.append(written);
    await this.#parts.repeatedIds?.add(written);
    await rejected.append(part.subarray(result.outputBytes));
    onStep("written");
    await this.#unlessAborted(bytes.release(chunk.index));
    this.#advance(chunk, result);
    return true;
  }

  /**
   * Whether a chunk failed for a reason that has nothing to do with it. It is taken off the queue, or whoever takes
   * the batch up would find it failed. Where Redis was full it is made again, else the batch ends here.
   */
  async #isToBeMadeAgain(chunk: InFlight, failedReason: string): Promise<boolean> {
    const { code, message } = parseFailedReason(failedReason);
    if (!NOT_THE_CHUNK.has(code)) return false;
    await this.#unlessAborted(this.#parts.queue.remove(chunk.index));
    if (code === "REDIS_FULL") return true;
    throw new ColaError(code, message);
  }

  /** Rows of a chunk that kept failing go to the rejected file, and the chunk to the queue of dead ones. */
  async #setAside(chunk: InFlight, reason: string): Promise<void> {
    const { queue, context } = this.#parts;
    const lines = linesSetAside(this.#parts, chunk, await this.#window.rangeBytes(chunk));
    const records = lines.length;
    await this.#appendRejected(lines.join(""));
    await this.#unlessAborted(queue.setAside(deadJobOf(this.#parts, chunk, records, reason)));
    const { index, start, end, firstLine } = chunk;
    context.logger.error("a chunk kept failing and is set aside", {
      chunk: index,
      firstLine,
      records,
      reason,
    });
    const id = chunkJobId(this.#parts.record.id, index);
    this.#state.setAside.push({ id, index, start, end, firstLine, records, reason });
    this.#advance(chunk, rejectedAll(records, "chunk set aside"));
  }

  async #appendRejected(lines: string): Promise<void> {
    await this.#parts.rejected.append(Buffer.from(lines));
  }

  #advance(chunk: InFlight, result: ChunkCounts & { sha256?: string }): void {
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
      ...sumCounts(state, result),
    };
    this.#uncovered.push(index);
  }

  /** Begins a checkpoint where it is time for one and none is under way. */
  async #checkpointWhenDue(): Promise<void> {
    const { length } = this.#uncovered;
    if (length < CHECKPOINT.chunks && Date.now() - this.#checkpointedAt <= CHECKPOINT.ms) return;
    if (this.#isUnderWay && length < CHECKPOINT.mostUncovered) return;
    await this.#lastCheckpoint;
    this.#lastCheckpoint = this.#checkpoint();
    // seen by whoever waits for it next
    this.#lastCheckpoint.catch(() => undefined);
  }

  /** Makes everything appended so far last. */
  async #checkpointNow(): Promise<void> {
    await this.#lastCheckpoint;
    this.#lastCheckpoint = this.#checkpoint();
    await this.#lastCheckpoint;
  }

  /** Makes what was appended last, says so on the disk, and only then forgets where it came from. */
  async #checkpoint(): Promise<void> {
    const { output, rejected, folder, owner, onStep, context } = this.#parts;
    const covered = this.#uncovered;
    if (covered.length === 0) return;
    this.#uncovered = [];
    const { chunks, setAside, ...rest } = this.#state;
    // as it is now: appending goes on meanwhile
    const state: Checkpoint = { ...rest, chunks: [...chunks], setAside: [...setAside] };
    this.#isUnderWay = true;
    try {
      await output.sync();
      await rejected.sync();
      onStep("synced");
      await folder.checkOwner(owner);
      await folder.write("checkpoint.json", state);
      onStep("checkpointed");
      await this.#unlessAborted(context.progressed());
      await this.#forget(covered);
    } finally {
      this.#isUnderWay = false;
      this.#checkpointedAt = Date.now();
    }
  }

  /** The process stops: another worker goes on from here, chunks that are out stay out. */
  async #handBack(): Promise<never> {
    await this.#checkpointNow();
    return this.#parts.context.handBack();
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
    const message = this.#message;
    await context.progress({
      stage: "score",
      done,
      unit: "rows",
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    });
  }

  async #pause(ms: number): Promise<void> {
    const { signal, stopping } = this.#parts.context;
    if (stopping.aborted) await this.#handBack();
    await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  #unlessAborted<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(this.#parts.context.signal, promise);
  }
}
