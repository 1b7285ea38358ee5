import { ColaError, toColaError } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import type { Spool, Spooled } from "./spool";

export interface SpoolPublisherOptions<P extends Spooled, R> {
  spool: Spool<P, R>;
  /** Puts one entry into MLflow; may be called again for one that broke off, and must then resume it. */
  publish: (publication: P, signal: AbortSignal) => Promise<R>;
  logger: Logger;
  /** What the log says of an entry that was published. */
  describe: (publication: P, result: R) => string;
}

/** What a round of publishing did. */
export interface PublishRound<R> {
  published: { jobKey: string; result: R }[];
  /** Entries that still wait, and why; absent: none does. */
  waiting?: { entries: number; reason: string };
  /** Entries that MLflow refuses, moved out of the way. */
  refused: { folder: string; reason: string }[];
}

/** Publishes what is on a spool, oldest first. */
export class SpoolPublisher<P extends Spooled, R> {
  readonly #options: SpoolPublisherOptions<P, R>;

  constructor(options: SpoolPublisherOptions<P, R>) {
    this.#options = options;
  }

  /**
   * Keeps a publication on disk and publishes it, after those that waited before it.
   *
   * @returns its result, or why it waits if MLflow does not answer
   * @throws ColaError MLFLOW_FAILED if MLflow refuses it; its files are moved to a folder `refused-*`
   */
  async publish(publication: P, signal: AbortSignal): Promise<{ result: R } | { waits: string }> {
    const { spool } = this.#options;
    await spool.put(publication);
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

  /** Publishes what waits, in order, until all is done or MLflow does not answer. */
  async publishWaiting(signal: AbortSignal): Promise<PublishRound<R>> {
    const { spool } = this.#options;
    const round: PublishRound<R> = { published: [], refused: [] };
    if ((await spool.list()).length === 0) return round;
    await spool.exclusively(async () => {
      for (const name of await spool.list()) {
        const reason = await this.#publishEntry(name, round, signal);
        if (reason === undefined) continue;
        round.waiting = { entries: (await spool.list()).length, reason };
        return;
      }
    });
    return round;
  }

  /** @returns why the entry must wait; undefined if it is done with */
  async #publishEntry(
    name: string,
    round: PublishRound<R>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { spool, publish, describe, logger } = this.#options;
    try {
      const publication = await spool.read(name);
      const result = await publish(publication, signal);
      await spool.complete(name, publication, result);
      round.published.push({ jobKey: publication.jobKey, result });
      logger.info(describe(publication, result));
      return undefined;
    } catch (error) {
      const { code, message, retryable } = toColaError(error);
      if (code === "JOB_CANCELLED" || retryable) return message;
      const folder = await spool.setAside(name);
      round.refused.push({ folder, reason: message });
      logger.error(`publishing failed for good, the files are in ${folder}: ${message}`, { code });
      return undefined;
    }
  }
}
