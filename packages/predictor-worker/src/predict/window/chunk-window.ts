import { ColaError } from "@colaml/shared/errors/cola-error";
import type { BatchParts } from "../plan/batch-parts";
import { ChunkCursor, type PlannedChunk } from "../plan/chunk-cursor";
import { unlessAborted } from "../unless-aborted";
import { sayFull, whenRoom } from "./when-room";

/** A chunk in flight: its place, without its bytes. */
export type InFlight = Omit<PlannedChunk, "bytes">;

type WindowParts = Pick<
  BatchParts,
  "record" | "source" | "bytes" | "queue" | "window" | "context" | "onStep"
>;

/** The chunks that are out, oldest first: at most `window` of them, whatever the size of the input. */
export class ChunkWindow {
  readonly #parts: WindowParts;
  readonly #cursor: ChunkCursor;
  readonly #inFlight: InFlight[] = [];
  /** The last chunk's way onto the queue: it may still land when the job has ended. */
  #adding: Promise<unknown> = Promise.resolve();

  constructor(parts: WindowParts, from: { index: number; offset: number; line: number; row: number }) {
    this.#parts = parts;
    const { plan, chunkBytes } = parts.record;
    this.#cursor = new ChunkCursor(parts.source, plan, chunkBytes, from);
  }

  /** The chunk whose part comes next in the output; undefined when all are done. */
  get head(): InFlight | undefined {
    return this.#inFlight[0];
  }

  /** Sends chunks out until the window is full or the input ends. */
  async fill(): Promise<void> {
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

  /** The head is done with. */
  shift(): void {
    this.#inFlight.shift();
  }

  /** Redis forgot a chunk: most likely all of them. Those that are there stay as they are. */
  async addMissing(): Promise<void> {
    const { context, queue } = this.#parts;
    let again = 0;
    for (const place of this.#inFlight) {
      if (place.oversize) continue;
      const { state } = await unlessAborted(context.signal, queue.outcome(place.index));
      if (state !== "missing") continue;
      await this.#add(place, await this.rangeBytes(place));
      again++;
    }
    if (again > 0) context.logger.warn("chunks were gone from Redis and are added again", { chunks: again });
  }

  /** Takes the chunks from `from` to before `to` off the queue, the one that is on its way there too. */
  async withdraw(from: number, to: number): Promise<void> {
    const { queue, bytes } = this.#parts;
    await this.#adding.catch(() => undefined);
    for (let index = from; index < to; index++) {
      await queue.remove(index);
      await bytes.drop(index);
    }
  }

  /** The bytes of a chunk that is out: from the input, or, as an inflated one only flows forwards, as offered. */
  async rangeBytes({ index, start, end }: InFlight): Promise<Buffer> {
    const { source, bytes } = this.#parts;
    if (source.ranges) return source.read(start, end - start);
    const offered = await bytes.offered(index);
    if (offered !== undefined) return offered;
    throw new ColaError(
      "INTERNAL",
      `the bytes of chunk ${index} are gone: the batch starts from its checkpoint`,
    );
  }

  async #add(place: InFlight, bytes: Buffer): Promise<void> {
    const { queue, record, context } = this.#parts;
    const { index, start, end, firstLine, firstRow } = place;
    const source = await whenRoom(
      () => this.#parts.bytes.offer(index, start, end, bytes),
      () => sayFull(context.logger),
    );
    context.signal.throwIfAborted();
    const { id: batch, plan } = record;
    const adding = queue.add({ v: 1, batch, index, plan, source, firstLine, firstRow });
    this.#adding = adding;
    await unlessAborted(context.signal, adding);
  }
}
