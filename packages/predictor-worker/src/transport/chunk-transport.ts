import type { PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";

/** What a chunk worker does with the bytes of a chunk. */
export interface ChunkBytes {
  /**
   * The records to score. The buffer is good until the next call.
   * @throws ColaError CHUNK_FAILED if they are gone
   */
  read(job: PredictChunkJob): Promise<Buffer>;
  /**
   * Stores the part: complete or not at all. Storing it twice is harmless; one of a chunk whose batch has ended
   * meanwhile is not kept.
   */
  write(job: PredictChunkJob, part: readonly Uint8Array[]): Promise<void>;
}

/** What the coordinator does with them. */
export interface BatchBytes {
  /** Makes the records of a range readable for workers and says where they are. */
  offer(index: number, start: number, end: number, bytes: Buffer): Promise<PredictChunkJob["source"]>;
  /** What was offered, if it is kept beside the input. */
  readOffered(index: number): Promise<Buffer | undefined>;
  /** The part of a finished chunk; undefined if it is gone. */
  take(index: number): Promise<Buffer | undefined>;
  /** Forgets the records of a chunk whose part is appended: one that is made again is offered again. */
  release(index: number): Promise<void>;
  /** Forgets everything that belongs to a chunk. */
  drop(index: number): Promise<void>;
}
