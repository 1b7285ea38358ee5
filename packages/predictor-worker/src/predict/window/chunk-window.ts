import { setTimeout as delay } from "node:timers/promises";
import type { PredictChunkResult } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { meaningOf } from "@colaml/shared/errors/error-table";
import { parseFailedReason } from "@colaml/shared/worker/job-errors";
import type { BegunBatch } from "../batch";
import { ChunkCursor, type ChunkPlace, type ChunkStart } from "../plan/chunk-cursor";
import type { BatchChunks } from "./batch-chunks";

/** How often the oldest chunk is looked at: at first, and when nothing comes. */
const POLL_MS = { least: 5, most: 200 };
/** How often a chunk is offered again that a worker of another release refused: about a minute for an upgrade. */
const MOST_OFFERS = 300;

/** What became of the oldest chunk of the window. */
export type EndedChunk =
  | { state: "done"; place: ChunkPlace; part: Buffer; result: PredictChunkResult }
  /** A record too long to be scored, which no worker gets. */
  | { state: "oversize"; place: ChunkPlace; reason: string }
  /** It kept failing. */
  | { state: "failed"; place: ChunkPlace; reason: string };

/** The chunks that are out, oldest first: at most `window` of them, whatever the size of the input. */
export class ChunkWindow {
  readonly #batch: BegunBatch;
  readonly #chunks: BatchChunks;
  readonly #cursor: ChunkCursor;
  readonly #inFlight: ChunkPlace[] = [];
  /** Chunk -> how often a worker refused it as a job that it does not know. */
  readonly #refusals = new Map<number, number>();

  constructor(batch: BegunBatch, chunks: BatchChunks, from: ChunkStart) {
    this.#batch = batch;
    this.#chunks = chunks;
    this.#cursor = new ChunkCursor(batch, from);
  }

  /**
   * Fills the window, waits for its oldest chunk and takes it out. `end` behind the last chunk; `stopping` if the
   * process stops: chunks that are out stay out.
   *
   * @throws ColaError with the code of a chunk's failure that is not the chunk's own
   */
  async next(): Promise<EndedChunk | "end" | "stopping"> {
    if (this.#batch.context.stopping.aborted) return "stopping";
    await this.fill();
    const [place] = this.#inFlight;
    if (place === undefined) return "end";
    const ended = await this.#waitFor(place);
    if (ended !== "stopping") this.#inFlight.shift();
    return ended;
  }

  /** Sends chunks out until the window is full or the input ends. */
  async fill(): Promise<void> {
    const { context, options } = this.#batch;
    while (this.#inFlight.length < options.settings.window) {
      context.signal.throwIfAborted();
      const chunk = await this.#cursor.next();
      if (chunk === undefined) return;
      const { place, bytes } = chunk;
      if (!place.oversize) await this.#chunks.send(place, bytes);
      this.#inFlight.push(place);
      options.onStep?.("added");
    }
  }

  async #waitFor(place: ChunkPlace): Promise<EndedChunk | "stopping"> {
    if (place.oversize) return { state: "oversize", place, reason: place.oversize.reason };
    const { signal, stopping } = this.#batch.context;
    for (let wait = POLL_MS.least; ; wait = Math.min(wait * 2, POLL_MS.most)) {
      const outcome = await this.#chunks.readOutcome(place.index);
      if (outcome.state === "done") {
        const { result } = outcome;
        const part = await this.#chunks.takePart(place.index, result);
        if (part) return { state: "done", place, part, result };
      }
      if (outcome.state === "failed" && !(await this.#isToBeMadeAgain(place, outcome.reason))) {
        return { state: "failed", place, reason: parseFailedReason(outcome.reason).message };
      }
      if (outcome.state !== "running") await this.#sendMissing();
      else if (stopping.aborted) return "stopping";
      else await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /**
   * Whether a chunk failed for a reason that has nothing to do with it. It is taken off the queue, or whoever takes
   * the batch up would find it failed. If Redis was full, or the worker is of a release that does not know what the
   * chunk asks for, it is made again, else the batch ends here. One that was cancelled is made again, too: a coordinator
   * asked for it that was killed while it ended this batch early.
   */
  async #isToBeMadeAgain(place: ChunkPlace, failedReason: string): Promise<boolean> {
    const { code, message } = parseFailedReason(failedReason);
    if (code === "JOB_INVALID") return this.#isOfferedAgain(place, message);
    const isMadeAgain = code === "REDIS_FULL" || code === "JOB_CANCELLED";
    if (!isMadeAgain && !meaningOf(code).endsBatch) return false;
    await this.#chunks.remove(place.index);
    if (isMadeAgain) return true;
    throw new ColaError(code, message);
  }

  /** Ours are valid to us: who refuses one is older, and another worker may take it while workers are upgraded. */
  async #isOfferedAgain(place: ChunkPlace, message: string): Promise<boolean> {
    const { index } = place;
    const refusals = (this.#refusals.get(index) ?? 0) + 1;
    this.#refusals.set(index, refusals);
    if (refusals > MOST_OFFERS) return false;
    const { logger, signal } = this.#batch.context;
    if (refusals === 1) {
      logger.warn(
        `chunk ${index} was refused by a predictor of another release and is offered again; \`cola status\` shows the ` +
          `release of each worker: ${message}`,
      );
    }
    await this.#chunks.remove(index);
    await delay(POLL_MS.most, undefined, { signal }).catch(() => signal.throwIfAborted());
    await this.#chunks.send(place, await this.#chunks.readRecords(place));
    return true;
  }

  /** Redis forgot a chunk: most likely all of them. Those that are there stay as they are. */
  async #sendMissing(): Promise<void> {
    let again = 0;
    for (const place of this.#inFlight) {
      if (place.oversize) continue;
      const { state } = await this.#chunks.readOutcome(place.index);
      if (state !== "missing") continue;
      await this.#chunks.send(place, await this.#chunks.readRecords(place));
      again++;
    }
    if (again === 0) return;
    const { context, options } = this.#batch;
    options.metrics.chunksRedone("missing", again);
    context.logger.warn("chunks are not in Redis and are added again", { chunks: again });
  }
}
