import { jobKeyOf } from "../contracts/job-key";
import { ColaError } from "../errors/cola-error";
import { stateFolder } from "../files/state-folder";
import type { Logger } from "../logging/logger";
import type { MlflowClient } from "./client";
import { publishInSeries, type SeriesRecord } from "./run-series";
import { type Refused, Spool, type Spooled } from "./spool";
import { type PublishRound, SpoolPublisher } from "./spool-publisher";

interface CheckPublication extends Spooled {
  record: SeriesRecord;
}

export interface CheckPublisher {
  /** Throws MLFLOW_UNREACHABLE if the check waits on disk, MLFLOW_FAILED if MLflow refuses it. */
  publish: (record: SeriesRecord, signal: AbortSignal) => Promise<{ runId: string }>;
  /** Publishes what waits, oldest first. */
  publishWaiting: (signal: AbortSignal) => Promise<PublishRound<{ runId: string }>>;
  /** What MLflow refused. */
  refused: () => Promise<Refused[]>;
  /** Puts what MLflow refused back among what waits. */
  putBackRefused: () => Promise<number>;
}

/** Records checks of a monitor in MLflow by way of `<state>/spool-checks`: MLflow being away, they are recorded later. */
export function createCheckPublisher(mlflow: MlflowClient, stateDir: string, logger: Logger): CheckPublisher {
  const spool = new Spool<CheckPublication, { runId: string }>(stateFolder(stateDir).spoolChecks, (line) =>
    logger.error(line),
  );
  const publisher = new SpoolPublisher({
    spool,
    logger,
    publish: ({ record }) => publishInSeries(mlflow, record),
    describe: ({ record }, { runId }) => `recorded ${record.runName} as run ${runId}`,
  });
  return {
    publishWaiting: (signal) => publisher.publishWaiting(signal),
    refused: () => publisher.refused(),
    putBackRefused: () => publisher.putBackRefused(),
    async publish(record, signal) {
      const jobKey = jobKeyOf(record.publishId, record.startTime);
      const outcome = await publisher.publish({ v: 1, jobKey, record }, signal);
      if ("result" in outcome) return outcome.result;
      const kept = `the check is kept in ${spool.folder} and recorded when MLflow is back`;
      throw new ColaError("MLFLOW_UNREACHABLE", `${outcome.waits}; ${kept}`);
    },
  };
}
