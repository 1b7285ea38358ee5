import { createHash } from "node:crypto";
import type { PredictChunkResult } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { BatchBytes } from "../../transport/chunk-transport";
import { createFileBatch } from "../../transport/file-transport";
import { createRedisBatch } from "../../transport/redis-transport";
import type { BegunBatch } from "../batch";
import type { ChunkPlace } from "../plan/chunk-cursor";
import { unlessAborted } from "../unless-aborted";
import { type ChunkOutcome, type ChunkQueue, createChunkQueue } from "./chunk-queue";
import { buildDeadLetter, listDeadRecords } from "./dead-letter";
import { sayFull, whenRoom } from "./when-room";

/** The chunks of a batch outside this process: their jobs on the queue, and their bytes on their way there and back. */
export class BatchChunks {
  readonly #batch: BegunBatch;
  readonly #queue: ChunkQueue;
  readonly #bytes: BatchBytes;
  /** The last chunk's way onto the queue: it may still land when the job has ended. */
  #adding: Promise<unknown> = Promise.resolve();

  constructor(batch: BegunBatch, queue: ChunkQueue, bytes: BatchBytes) {
    this.#batch = batch;
    this.#queue = queue;
    this.#bytes = bytes;
  }

  /** Those of a batch, by the transport that its job names. */
  static async open(batch: BegunBatch): Promise<BatchChunks> {
    const { job, folder, record, source, context, options } = batch;
    const { connection, prefix } = options.redis;
    const bytes =
      job.transport === "redis"
        ? createRedisBatch(connection, prefix, record.id)
        : await createFileBatch(folder.partsFolder, { path: job.input.path, shared: source.ranges });
    const onFull = () => sayFull(context.logger);
    return new BatchChunks(batch, createChunkQueue(options.chunks, options.dead, record.id, onFull), bytes);
  }

  /** Makes the records readable for workers, then adds the chunk's job; a chunk that is there already stays. */
  async send(place: ChunkPlace, records: Buffer): Promise<void> {
    const { record, context } = this.#batch;
    const { index, start, end, firstLine, firstRow } = place;
    const source = await whenRoom(
      () => this.#bytes.offer(index, start, end, records),
      () => sayFull(context.logger),
    );
    context.signal.throwIfAborted();
    const { id, plan } = record;
    const adding = this.#queue.add({ v: 1, batch: id, index, plan, source, firstLine, firstRow });
    this.#adding = adding;
    await this.#unlessAborted(adding);
  }

  readOutcome(index: number): Promise<ChunkOutcome> {
    return this.#unlessAborted(this.#queue.readOutcome(index));
  }

  /** The records of a chunk that was sent: from the input, or, as an inflated one only flows forwards, as offered. */
  async readRecords({ index, start, end }: ChunkPlace): Promise<Buffer> {
    const { source } = this.#batch;
    if (source.ranges) return source.read(start, end - start);
    const offered = await this.#bytes.readOffered(index);
    if (offered !== undefined) return offered;
    throw new ColaError(
      "INTERNAL",
      `the bytes of chunk ${index} are gone: the batch starts from its checkpoint`,
    );
  }

  /** The part of a chunk that is done. Undefined if it is not what the chunk's worker reported: it must be sent again. */
  async takePart(index: number, result: PredictChunkResult): Promise<Buffer | undefined> {
    const part = await this.#bytes.take(index);
    const fits = part?.length === result.outputBytes + result.rejectedBytes;
    if (part && fits && createHash("sha256").update(part).digest("hex") === result.sha256) return part;
    const { logger } = this.#batch.context;
    logger.warn("the part of a chunk is gone or damaged: it is made again", { chunk: index });
    await this.#queue.remove(index);
    return undefined;
  }

  /** Takes a chunk off the queue; its bytes stay. */
  async remove(index: number): Promise<void> {
    await this.#unlessAborted(this.#queue.remove(index));
  }

  /** The part of a chunk is appended: its records are not needed any more. */
  async release(index: number): Promise<void> {
    await this.#unlessAborted(this.#bytes.release(index));
  }

  /** What a chunk that kept failing leaves in the rejected file: a line for each of its records. */
  async listDeadRecords(place: ChunkPlace): Promise<string[]> {
    return listDeadRecords(this.#batch.record.plan, place, await this.readRecords(place));
  }

  /** Puts a chunk that kept failing on the dead-letter queue. */
  async addDeadLetter(place: ChunkPlace, records: number, reason: string): Promise<void> {
    const letter = buildDeadLetter(this.#batch, place, records, reason);
    await this.#unlessAborted(this.#queue.addDeadLetter(letter));
  }

  /** Forgets what a checkpoint covers: jobs, records and parts of the chunks `from` to before `to`. */
  async forget(from: number, to: number): Promise<void> {
    const forget = async (index: number) => {
      await this.remove(index);
      await this.#bytes.drop(index);
    };
    await Promise.all(Array.from({ length: to - from }, (_, i) => forget(from + i)));
  }

  /** The same when the batch ends early: of the chunk that is on its way to the queue, too, and though the job is aborted. */
  async withdraw(from: number, to: number): Promise<void> {
    await this.#adding.catch(() => undefined);
    for (let index = from; index < to; index++) {
      await this.#queue.remove(index);
      await this.#bytes.drop(index);
    }
  }

  /** Takes jobs before `to` off the queue that should not be there any more: a Redis that lost its last second has them. */
  async sweep(to: number): Promise<void> {
    await this.#unlessAborted(this.#queue.sweep(0, to));
  }

  #unlessAborted<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(this.#batch.context.signal, promise);
  }
}
