import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import type { TrainResult } from "@colaml/shared/jobs/train";
import type { Logger } from "@colaml/shared/logging/logger";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { ChampionCheckOptions } from "../champion/champion-check";
import type { Publication } from "./publication";
import { publishTraining } from "./publish-training";
import type { Spool } from "./spool";

export interface PublisherOptions extends Omit<ChampionCheckOptions, "signal"> {
  mlflow: MlflowClient;
  spool: Spool;
  logger: Logger;
}

/** What a round of publishing did. */
export interface PublishRound {
  published: { jobKey: string; result: TrainResult }[];
  /** Entries that still wait, and why; absent: none does. */
  waiting?: { entries: number; reason: string };
  /** Entries that MLflow refuses, set aside. */
  refused: { folder: string; reason: string }[];
}

/** Publishes what is on the spool, oldest first, so that the champion check meets trainings in their order. */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Keeps a finished training on disk and publishes it, after those that waited before it.
   *
   * @returns its result; where MLflow does not answer, one that says that it waits
   * @throws ColaError MLFLOW_FAILED where MLflow refuses it; its files are set aside
   */
  async publish(publication: Publication, signal: AbortSignal): Promise<TrainResult> {
    const { spool, logger } = this.#options;
    await spool.put(publication);
    const round = await this.publishWaiting(signal);
    const result = await spool.resultOf(publication.jobKey);
    if (result) return result;
    if (round.waiting) {
      const verdict = `not published yet: ${round.waiting.reason}; the model is kept in ${spool.folder} and published when MLflow is back`;
      logger.warn(verdict);
      return waitingResult(publication, verdict);
    }
    const refusal = round.refused.find(({ folder }) => folder.endsWith(publication.jobKey));
    throw new ColaError(
      "MLFLOW_FAILED",
      `${refusal?.reason ?? "MLflow refused the run"}; its files are in ${refusal?.folder ?? spool.folder}`,
    );
  }

  /** Publishes what waits, in order, until all is done or MLflow does not answer. */
  async publishWaiting(signal: AbortSignal): Promise<PublishRound> {
    const { spool } = this.#options;
    const round: PublishRound = { published: [], refused: [] };
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

  /** @returns why the entry must wait; undefined where it is done with */
  async #publishEntry(name: string, round: PublishRound, signal: AbortSignal): Promise<string | undefined> {
    const { spool, mlflow, logger, ...options } = this.#options;
    try {
      const publication = await spool.read(name);
      const result = await publishTraining(mlflow, publication, { ...options, signal });
      await spool.complete(name, publication, result);
      round.published.push({ jobKey: publication.jobKey, result });
      logger.info(
        `published ${result.model} ${result.modelVersion ? `version ${result.modelVersion}` : "(a trial)"}: ${result.verdict}`,
      );
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

function waitingResult({ job, record, summary }: Publication, verdict: string): TrainResult {
  const { metrics, rows, seconds } = summary;
  return { runId: record.publishId, model: job.model, promoted: false, verdict, metrics, rows, seconds };
}
