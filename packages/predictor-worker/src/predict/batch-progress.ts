import type { BegunBatch } from "./batch";
import type { Checkpoint } from "./checkpoint/checkpoint";

const PROGRESS_MS = 250;

/** Reports how far a batch is, a few times a second. */
export class BatchProgress {
  readonly #batch: BegunBatch;
  /** Tells who watches that the batch does not begin at its beginning. */
  readonly #message: string | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(batch: BegunBatch, from: Checkpoint) {
    this.#batch = batch;
    this.#message = from.nextChunk > 0 ? `resumed behind row ${from.rows + from.rejected}` : undefined;
  }

  async report({ rows, rejected, inputOffset }: Checkpoint): Promise<void> {
    const now = performance.now();
    if (now - this.#reportedAt < PROGRESS_MS) return;
    this.#reportedAt = now;
    const { record, source, context } = this.#batch;
    const done = rows + rejected;
    const scored = inputOffset - record.dataStart;
    // How many rows there are is known at the end; until then the bytes say about how many.
    const total =
      source.ranges && scored > 0
        ? Math.round((done * (record.input.size - record.dataStart)) / scored)
        : undefined;
    const message = this.#message;
    await context.progress({
      stage: "score",
      done,
      unit: "rows",
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message }),
    });
  }
}
