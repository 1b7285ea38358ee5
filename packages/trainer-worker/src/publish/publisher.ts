import type { TrainResult } from "@colaml/shared/contracts/train";
import type { Logger } from "@colaml/shared/logging/logger";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { RECORDED_FIRST, type RunEnds } from "@colaml/shared/mlflow/run-ends";
import type { Refused, Spool } from "@colaml/shared/mlflow/spool";
import { type PublishRound, SpoolPublisher } from "@colaml/shared/mlflow/spool-publisher";
import type { ChampionCheckOptions } from "../champion/champion-check";
import { factsOf, type Publication } from "../publication/publication";
import { publishTraining } from "./publish-training";

/** Finished trainings on disk that are not in MLflow yet. */
export type TrainingSpool = Spool<Publication, TrainResult>;

export interface PublisherOptions extends Omit<ChampionCheckOptions, "signal"> {
  mlflow: MlflowClient;
  spool: TrainingSpool;
  runEnds: RunEnds;
  logger: Logger;
  /** Tells whoever serves the model that its champion changed. Rejects for nothing. */
  announce: (model: string) => Promise<void>;
}

/** Publishes trainings oldest first, so that the champion check meets them in their order. */
export class Publisher {
  readonly #spool: TrainingSpool;
  readonly #runEnds: RunEnds;
  readonly #publisher: SpoolPublisher<Publication, TrainResult>;

  constructor({ mlflow, spool, runEnds, logger, announce, ...options }: PublisherOptions) {
    this.#spool = spool;
    this.#runEnds = runEnds;
    const endOthers = ({ job: { experiment }, jobKey }: Publication) =>
      runEnds.end({ experiment, by: "job", id: jobKey }, RECORDED_FIRST);
    this.#publisher = new SpoolPublisher({
      spool,
      logger,
      publish: async (publication, signal) => {
        const result = await publishTraining(mlflow, publication, { ...options, signal });
        if (result.promoted) await announce(publication.job.model);
        await endOthers(publication);
        return result;
      },
      superseded: endOthers,
      // What was damaged on disk may not say its experiment any more.
      abandoned: (jobKey, reason) => runEnds.end({ by: "job", id: jobKey }, reason),
      describe: (_, { model, modelVersion, verdict }) =>
        `published ${model} ${modelVersion ? `version ${modelVersion}` : "(a trial)"}: ${verdict}`,
    });
  }

  /**
   * Keeps a finished training on disk and publishes it, after those that waited before it.
   *
   * @returns its result; if MLflow does not answer, one that says that it waits
   * @throws ColaError MLFLOW_FAILED if MLflow refuses it; its files are moved to a folder `refused-*`
   */
  async publish(publication: Publication, signal: AbortSignal): Promise<TrainResult> {
    const outcome = await this.#publisher.publish(publication, signal);
    if ("result" in outcome) return outcome.result;
    const verdict = `not published yet: ${outcome.waits}; the model is kept in ${this.#spool.folder} and published when MLflow takes it`;
    return waitingResult(publication, verdict);
  }

  /** Publishes what waits, in order, until all is done or MLflow does not answer, and ends runs that are to be ended. */
  async publishWaiting(signal: AbortSignal): Promise<PublishRound<TrainResult>> {
    await this.#runEnds.endKept();
    return this.#publisher.publishWaiting(signal);
  }

  /** What MLflow refused. */
  refused(): Promise<Refused[]> {
    return this.#publisher.refused();
  }

  /** Puts what MLflow refused back among what waits. */
  putBackRefused(): Promise<number> {
    return this.#publisher.putBackRefused();
  }
}

function waitingResult(publication: Publication, verdict: string): TrainResult {
  const ok = !publication.job.requirePromotion;
  return { runId: publication.record.publishId, ok, promoted: false, verdict, ...factsOf(publication) };
}
