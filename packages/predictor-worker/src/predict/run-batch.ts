import { chunkJobId } from "@colaml/shared/contracts/predict-chunk";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import { checkRejected } from "@colaml/shared/tables/rejected-limit";
import type { ChunkEnd } from "../scoring/prediction-metrics";
import { rejectedLine } from "../scoring/rejected-lines";
import type { BegunBatch } from "./batch";
import { BatchProgress } from "./batch-progress";
import { advance, type Checkpoint } from "./checkpoint/checkpoint";
import { Checkpointer, MOST_UNCOVERED, MOST_UNFORGOTTEN } from "./checkpoint/checkpointer";
import { type ChunkCounts, rejectedAll } from "./checkpoint/chunk-counts";
import type { BatchOutput } from "./output/batch-output";
import { checkEncoding } from "./plan/check-encoding";
import type { ChunkPlace } from "./plan/chunk-cursor";
import { BatchChunks } from "./window/batch-chunks";
import { ChunkWindow, type EndedChunk } from "./window/chunk-window";

/** Chunks go out in a sliding window; their parts are appended in order, and checkpoints cover what is appended. */
export class BatchRun {
  readonly #batch: BegunBatch;
  readonly #output: BatchOutput;
  readonly #chunks: BatchChunks;
  readonly #window: ChunkWindow;
  readonly #checkpointer: Checkpointer;
  readonly #progress: BatchProgress;
  /** Everything appended so far, whether a checkpoint covers it or not. */
  #state: Checkpoint;

  private constructor(batch: BegunBatch, output: BatchOutput, chunks: BatchChunks, from: Checkpoint) {
    this.#batch = batch;
    this.#output = output;
    this.#chunks = chunks;
    this.#window = new ChunkWindow(batch, chunks, from);
    this.#checkpointer = new Checkpointer(batch, output, from, (first, to) => chunks.forget(first, to));
    this.#progress = new BatchProgress(batch, from);
    // of a new output the header is written
    this.#state = { ...from, ...output.sizes };
  }

  /** @param from the checkpoint that `output` was opened at */
  static async open(batch: BegunBatch, output: BatchOutput, from: Checkpoint): Promise<BatchRun> {
    return new BatchRun(batch, output, await BatchChunks.open(batch), from);
  }

  /** Runs to the end of the input; returns the last checkpoint. */
  async run(): Promise<Checkpoint> {
    try {
      return await this.#runToTheEnd();
    } finally {
      // nothing is written any more when the batch has ended
      await this.#checkpointer.settle();
    }
  }

  async #runToTheEnd(): Promise<Checkpoint> {
    await this.#chunks.forget(this.#oldest, this.#state.nextChunk);
    for (;;) {
      const chunk = await this.#window.next();
      if (chunk === "stopping") await this.#handBack();
      else if (chunk === "end") break;
      else await this.#append(chunk);
      this.#checkRows(false);
      await this.#progress.report(this.#state);
      await this.#checkpointer.writeWhenDue(this.#state);
    }
    this.#checkRows(true);
    await this.#checkpointer.writeNow(this.#state);
    await this.#chunks.sweep(this.#state.nextChunk);
    return this.#state;
  }

  async #append(chunk: EndedChunk): Promise<void> {
    if (chunk.state === "done") return this.#appendPart(chunk);
    if (chunk.state === "failed") return this.#giveUp(chunk);
    const { place, reason } = chunk;
    await this.#output.appendRejected(Buffer.from(rejectedLine(place.firstLine, reason)));
    this.#advance("oversize", place, rejectedAll(1, reason));
  }

  async #appendPart({ place, part, result }: EndedChunk & { state: "done" }): Promise<void> {
    await this.#output.append(part.subarray(0, result.outputBytes));
    await this.#output.appendRejected(part.subarray(result.outputBytes));
    this.#batch.options.onStep?.("written");
    await this.#chunks.release(place.index);
    this.#advance("done", place, result);
  }

  /** Rows of a chunk that kept failing go to the rejected file, and the chunk to the dead-letter queue. */
  async #giveUp({ place, reason }: EndedChunk & { state: "failed" }): Promise<void> {
    const lines = await this.#chunks.listDeadRecords(place);
    const records = lines.length;
    await this.#output.appendRejected(Buffer.from(lines.join("")));
    await this.#chunks.addDeadLetter(place, records, reason);
    const { index, start, end, firstLine } = place;
    const facts = { chunk: index, firstLine, records, reason };
    this.#batch.context.logger.error("a chunk kept failing and is on the dead-letter queue", facts);
    const id = chunkJobId(this.#batch.record.id, index);
    this.#state.setAside.push({ id, index, start, end, firstLine, records, reason });
    this.#advance("failed", place, rejectedAll(records, "chunk set aside"));
  }

  #advance(end: ChunkEnd, place: ChunkPlace, counts: ChunkCounts & { sha256?: string }): void {
    this.#batch.options.metrics.chunkEnded(end, counts);
    this.#state = advance(this.#state, place, counts, this.#output.sizes);
  }

  /** Ends a batch that rejects too much, or whose texts are not UTF-8. */
  #checkRows(atEnd: boolean): void {
    const { input, maxRejected } = this.#batch.job;
    const reasons = describeReasons(this.#state.rejectedByReason);
    const where = { path: input.path, reasons: reasons === undefined ? [] : [reasons] };
    checkRejected(maxRejected, this.#state, atEnd, where);
    checkEncoding(input.path, this.#state, atEnd);
  }

  /** The process stops: another worker resumes from here, chunks that are out stay out. */
  async #handBack(): Promise<never> {
    await this.#checkpointer.writeNow(this.#state);
    return this.#batch.context.handBack();
  }

  /** Takes every chunk that may be out off the queue, those of an earlier coordinator too: the batch ends here. */
  async withdraw(): Promise<void> {
    const to = this.#state.nextChunk + MOST_UNCOVERED + this.#batch.options.settings.window;
    await this.#chunks.withdraw(this.#oldest, to);
  }

  /** The first chunk that an earlier coordinator may not have got to forget. */
  get #oldest(): number {
    return Math.max(0, this.#state.nextChunk - MOST_UNFORGOTTEN);
  }
}
