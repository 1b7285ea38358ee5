import { setTimeout as delay } from "node:timers/promises";
import {
  chunkJobId,
  type PredictChunkJob,
  type PredictChunkResult,
  type PredictDeadJob,
  predictChunkResultSchema,
} from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { clearCancel, requestCancel } from "@colaml/shared/queue/cancel";
import type { OpenQueue } from "@colaml/shared/queue/connection";
import { forgetStarts } from "@colaml/shared/queue/job-starts";
import { readJob } from "@colaml/shared/queue/stored-jobs";
import { whenRoom } from "./when-room";

/** A chunk whose worker fails in a way that may pass is tried this often. */
const ATTEMPTS = 3;
const BACKOFF_MS = 500;
/**
 * A chunk that a worker holds is waited for this long when a batch ends early: longer than one takes to score, and
 * than the lock of a worker that was killed lasts.
 */
const RELEASE_MS = 30_000;
const RELEASE_POLL_MS = 100;
/** Chunks asked for in one go when looking for those left behind. */
const SWEPT_AT_ONCE = 64;

export type ChunkOutcome =
  | { state: "missing" | "running" }
  | { state: "done"; result: PredictChunkResult }
  | { state: "failed"; reason: string };

/** The chunk jobs of one batch, by their number. */
export interface ChunkQueue {
  /** Adding a chunk that is there already changes nothing. */
  add(chunk: PredictChunkJob): Promise<void>;
  readOutcome(index: number): Promise<ChunkOutcome>;
  /** Takes a chunk off the queue, finished or not; waits a while for one that a worker holds. */
  remove(index: number): Promise<void>;
  /**
   * Takes chunks off the queue that should not be there any more: a coordinator that was killed behind its
   * checkpoint did not get to it, and a Redis that lost its last second has them again.
   */
  sweep(from: number, to: number): Promise<void>;
  /** Puts a chunk that kept failing on the dead-letter queue, which people see. */
  addDeadLetter(letter: PredictDeadJob): Promise<void>;
}

/** A chunk that another program wrote over is offered again. */
function asFailure(error: unknown): ChunkOutcome & { state: "failed" } {
  if (error instanceof ColaError && error.code === "JOB_INVALID")
    return { state: "failed", reason: `JOB_INVALID: ${error.message}` };
  throw error;
}

/**
 * The queue's jobs stay until the coordinator removes them: their results are read by polling, not from events.
 * If Redis is full, commands wait for room, and `onFull` is called.
 */
export function createChunkQueue(
  chunks: OpenQueue<PredictChunkJob, PredictChunkResult>,
  dead: OpenQueue<PredictDeadJob>,
  batch: string,
  onFull: () => void,
): ChunkQueue {
  const { queue } = chunks;
  const remove = async (index: number) => {
    const id = chunkJobId(batch, index);
    const { connection, redis } = chunks;
    const deadline = performance.now() + RELEASE_MS;
    const takeOff = async () =>
      (await whenRoom(() => queue.remove(id), onFull)) !== 0 || (await queue.getJob(id)) === undefined;
    let asked = false;
    let gone = await takeOff();
    for (; !gone && performance.now() < deadline; gone = await takeOff()) {
      asked = true;
      await requestCancel(connection, redis.prefix, queue.name, id);
      await delay(RELEASE_POLL_MS);
    }
    // A worker that was killed with it can no longer end its start.
    if (gone) await forgetStarts(connection, redis.prefix, queue.name, id);
    // the chunk may come again when the batch resumes
    if (asked) await clearCancel(connection, redis.prefix, queue.name, id);
  };
  return {
    async add(chunk) {
      const options = {
        jobId: chunkJobId(batch, chunk.index),
        attempts: ATTEMPTS,
        backoff: { type: "fixed", delay: BACKOFF_MS },
        removeOnComplete: false,
        removeOnFail: false,
      };
      await whenRoom(() => queue.add("chunk", chunk, options), onFull);
    },
    async readOutcome(index) {
      const job = await readJob(queue, chunkJobId(batch, index)).catch(asFailure);
      if (job === undefined) return { state: "missing" };
      if ("state" in job) return job;
      if (job.finishedOn === undefined) return { state: "running" };
      if (job.failedReason) return { state: "failed", reason: job.failedReason };
      if (job.returnvalue === undefined) return { state: "running" };
      const { data: result } = predictChunkResultSchema.safeParse(job.returnvalue);
      // Like one that a worker of another release refuses, it is offered again.
      if (!result) return { state: "failed", reason: "JOB_INVALID: its result is not one of a chunk" };
      return { state: "done", result };
    },
    remove,
    async sweep(from, to) {
      for (let first = from; first < to; first += SWEPT_AT_ONCE) {
        const length = Math.min(SWEPT_AT_ONCE, to - first);
        await Promise.all(Array.from({ length }, (_, i) => remove(first + i)));
      }
    },
    async addDeadLetter(letter) {
      const options = { jobId: chunkJobId(batch, letter.index) };
      await whenRoom(() => dead.queue.add("chunk", letter, options), onFull);
    },
  };
}
