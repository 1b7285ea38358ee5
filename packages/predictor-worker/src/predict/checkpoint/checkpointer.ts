import type { Batch } from "../batch";
import type { BatchOutput } from "../output/batch-output";
import { unlessAborted } from "../unless-aborted";
import type { Checkpoint } from "./checkpoint";

/** A checkpoint costs two fsyncs: it is due after this many chunks, or this long after the last one. */
const DUE = { chunks: 8, ms: 500 };
/** If the disk does not keep up, the batch waits for it when this many chunks are uncovered. */
export const MOST_UNCOVERED = 12;
/** Chunks before a checkpoint that a coordinator which was killed may not have got to forget. */
export const MOST_UNFORGOTTEN = 2 * MOST_UNCOVERED;

/**
 * Writes the checkpoints of a batch, beside its scoring: one at a time, when it is due. What was appended is made to
 * last, then the checkpoint says so on the disk, and only then the chunks that it covers are forgotten: whoever takes
 * the batch up after a kill finds everything else again, or makes it again.
 */
export class Checkpointer {
  readonly #batch: Batch;
  readonly #output: BatchOutput;
  readonly #forget: (from: number, to: number) => Promise<void>;
  /** The first chunk that no checkpoint covers, not even the one under way. */
  #uncovered: number;
  #writtenAt = performance.now();
  /** The latest checkpoint, under way or done; its failure is the batch's. */
  #latest: Promise<void> = Promise.resolve();
  #isUnderWay = false;

  /**
   * @param from the checkpoint that the disk has, or the first one
   * @param forget takes the chunks from a number to before another off the queue, with their bytes
   */
  constructor(
    batch: Batch,
    output: BatchOutput,
    from: Pick<Checkpoint, "nextChunk">,
    forget: (from: number, to: number) => Promise<void>,
  ) {
    this.#batch = batch;
    this.#output = output;
    this.#uncovered = from.nextChunk;
    this.#forget = forget;
  }

  /** Begins a checkpoint if one is due and none is under way. */
  async writeWhenDue(state: Checkpoint): Promise<void> {
    const uncovered = state.nextChunk - this.#uncovered;
    if (uncovered < DUE.chunks && performance.now() - this.#writtenAt <= DUE.ms) return;
    if (this.#isUnderWay && uncovered < MOST_UNCOVERED) return;
    await this.#latest;
    this.#latest = this.#write(state);
    // seen by whoever waits for it next
    this.#latest.catch(() => undefined);
  }

  /** Writes a checkpoint and waits until it is done. */
  async writeNow(state: Checkpoint): Promise<void> {
    await this.#latest;
    this.#latest = this.#write(state);
    await this.#latest;
  }

  /** Waits until nothing is written any more, be it that writing failed. */
  async settle(): Promise<void> {
    await this.#latest.catch(() => undefined);
  }

  async #write(now: Checkpoint): Promise<void> {
    const { folder, owner, context, options } = this.#batch;
    const from = this.#uncovered;
    if (now.nextChunk === from) return;
    this.#uncovered = now.nextChunk;
    // as it is now: more is appended meanwhile
    const { chunks, setAside, ...rest } = now;
    const state: Checkpoint = { ...rest, chunks: [...chunks], setAside: [...setAside] };
    this.#isUnderWay = true;
    try {
      await this.#output.sync();
      options.onStep?.("synced");
      await folder.checkOwner(owner);
      await folder.write("checkpoint.json", state);
      options.onStep?.("checkpointed");
      await unlessAborted(context.signal, context.progressed());
      await this.#forget(from, state.nextChunk);
    } finally {
      this.#isUnderWay = false;
      this.#writtenAt = performance.now();
    }
  }
}
