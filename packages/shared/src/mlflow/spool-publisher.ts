import { ColaError, type ErrorCode, toColaError } from "../errors/cola-error";
import { isNewer } from "../files/state-document";
import type { Logger } from "../logging/logger";
import { isMendable } from "./api-error";
import { jobKeyOfEntry, type Refused, type Spool, type Spooled } from "./spool";

/** A result that the disk does not take is noted again this often, for two minutes: its job has ended long before. */
const NOTE_AGAIN_MS = 500;
const NOTE_TRIES = 240;

export interface SpoolPublisherOptions<P extends Spooled, R extends object> {
  spool: Spool<P, R>;
  /** Puts one entry into MLflow; may be called again for one that broke off, and must then resume it. */
  publish: (publication: P, signal: AbortSignal) => Promise<R>;
  /** Is called with what is not published, because another attempt at its job was published before it. */
  superseded?: (publication: P) => Promise<void>;
  /** Is called with the job of an entry that was set aside: nobody finishes the run that it may have begun. */
  abandoned?: (jobKey: string, reason: ColaError) => Promise<void>;
  logger: Logger;
  /** What the log says of an entry that was published. */
  describe: (publication: P, result: R) => string;
}

/** What a round of publishing did. */
export interface PublishRound<R> {
  published: { jobKey: string; result: R }[];
  /** Entries that still wait, and why; absent: none does. */
  waiting?: { entries: number; reason: string; code: ErrorCode };
  /** Entries that MLflow refuses, moved out of the way. */
  refused: Refused[];
}

/** Publishes what is on a spool, oldest first. */
export class SpoolPublisher<P extends Spooled, R extends object> {
  readonly #options: SpoolPublisherOptions<P, R>;
  /** Said last of what waits: a reason is logged once, not at each round. */
  #said: string | undefined;

  constructor(options: SpoolPublisherOptions<P, R>) {
    this.#options = options;
  }

  /**
   * Keeps a publication on disk and publishes it, after those that waited before it.
   *
   * @returns its result, or why it waits: MLflow does not answer, or refuses it for a reason that a person can mend
   * @throws ColaError MLFLOW_FAILED if MLflow refuses it; its files are moved to a folder `refused-*`; OUTPUT_UNWRITABLE
   *   if it can neither be kept nor published
   */
  async publish(publication: P, signal: AbortSignal): Promise<{ result: R } | { waits: string }> {
    const { spool } = this.#options;
    try {
      await spool.put(publication);
    } catch (error) {
      return { result: await this.#publishUnkept(publication, error, signal) };
    }
    const round = await this.publishWaiting(signal);
    const result = await spool.resultOf(publication.jobKey);
    if (result !== undefined) return { result };
    if (round.waiting) return { waits: round.waiting.reason };
    const refusal = round.refused.find(({ folder }) => folder.endsWith(publication.jobKey));
    throw new ColaError(
      "MLFLOW_FAILED",
      `${refusal?.reason ?? "MLflow refused the run"}; its files are in ${refusal?.folder ?? spool.folder}`,
    );
  }

  /** What the disk does not take goes to MLflow from memory, if MLflow is there. */
  async #publishUnkept(publication: P, error: unknown, signal: AbortSignal): Promise<R> {
    const { code, message } = toColaError(error);
    if (code !== "OUTPUT_UNWRITABLE") throw error;
    this.#options.logger.warn(`${message}; publishing from memory`);
    try {
      return await this.#unlessFull(() => this.#publishFromMemory(publication, signal));
    } catch (failure) {
      throw new ColaError(code, `${message}; and it cannot be published: ${toColaError(failure).message}`, {
        cause: failure,
      });
    }
  }

  /** Works while nobody else publishes; all the same if the disk does not even take the lock. */
  async #unlessFull(work: () => Promise<R>): Promise<R> {
    let hasBegun = false;
    try {
      return await this.#options.spool.exclusively(() => {
        hasBegun = true;
        return work();
      });
    } catch (error) {
      if (hasBegun) throw error;
      return work();
    }
  }

  async #publishFromMemory(publication: P, signal: AbortSignal): Promise<R> {
    const { spool, publish, describe, logger } = this.#options;
    const recorded = await this.#recordedBefore(publication);
    if (recorded !== undefined) return recorded;
    const result = await publish(publication, signal);
    await spool
      .noteResult(publication.jobKey, result)
      .catch(() => this.#noteLater(publication.jobKey, result));
    logger.info(describe(publication, result));
    return result;
  }

  /** Until a result is noted, its job is done once more if it is taken up again: a full disk may have room in a moment. */
  #noteLater(jobKey: string, result: R): void {
    let left = NOTE_TRIES;
    const timer = setInterval(() => {
      if (--left === 0) clearInterval(timer);
      this.#options.spool.noteResult(jobKey, result).then(
        () => clearInterval(timer),
        () => undefined,
      );
    }, NOTE_AGAIN_MS).unref();
  }

  /**
   * The result that the job has already: two attempts overlapped, or the process died before it dropped the entry. One
   * job, one result: what there is of this publication in MLflow ends.
   */
  async #recordedBefore(publication: P): Promise<R | undefined> {
    const recorded = await this.#options.spool.resultOf(publication.jobKey);
    if (recorded !== undefined) await this.#options.superseded?.(publication);
    return recorded;
  }

  /** What MLflow refused, in this round or before, and why. */
  refused(): Promise<Refused[]> {
    return this.#options.spool.refused();
  }

  /** Puts what was refused back among what waits. @returns how many entries */
  putBackRefused(): Promise<number> {
    return this.#options.spool.putBackRefused();
  }

  /** Publishes what waits, in order, until all is done or MLflow does not answer. */
  async publishWaiting(signal: AbortSignal): Promise<PublishRound<R>> {
    const { spool, logger } = this.#options;
    const round: PublishRound<R> = { published: [], refused: [] };
    if ((await spool.list()).length === 0) return round;
    await spool.exclusively(async () => {
      for (const name of await spool.list()) {
        const wait = await this.#publishEntry(name, round, signal);
        if (wait === undefined) continue;
        round.waiting ??= { entries: 0, reason: wait.reason, code: wait.code };
        if (!wait.onlyThis) break;
      }
    });
    const { waiting } = round;
    if (waiting) waiting.entries = (await spool.list()).length;
    if (waiting && waiting.reason !== this.#said)
      logger.warn(`${waiting.entries} wait in ${spool.folder}: ${waiting.reason}`);
    this.#said = waiting?.reason;
    return round;
  }

  /** @returns why the entry must wait, and whether others may go before it; undefined if it is done with */
  async #publishEntry(
    name: string,
    round: PublishRound<R>,
    signal: AbortSignal,
  ): Promise<{ reason: string; code: ErrorCode; onlyThis: boolean } | undefined> {
    const { spool, publish, describe, logger, abandoned } = this.#options;
    try {
      const publication = await spool.read(name);
      if ((await this.#recordedBefore(publication)) !== undefined) {
        await spool.drop(name);
        logger.info(`dropped ${name}: another attempt at its job was recorded first`);
        return undefined;
      }
      const result = await publish(publication, signal);
      await spool.complete(name, publication, result);
      round.published.push({ jobKey: publication.jobKey, result });
      logger.info(describe(publication, result));
      return undefined;
    } catch (error) {
      const reason = toColaError(error);
      const { code, message, retryable } = reason;
      if (isNewer(error)) return { reason: message, code, onlyThis: true };
      if (code === "JOB_CANCELLED" || retryable) return { reason: message, code, onlyThis: false };
      if (isMendable(error)) return { reason: message, code, onlyThis: true };
      const folder = await spool.setAside(name, message);
      round.refused.push({ folder, reason: message });
      logger.error(`publishing failed for good, the files are in ${folder}: ${message}`, { code });
      await abandoned?.(jobKeyOfEntry(name), reason);
      return undefined;
    }
  }
}
