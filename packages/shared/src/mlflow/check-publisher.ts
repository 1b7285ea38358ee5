import { jobKeyOf } from "../contracts/job-key";
import { ColaError } from "../errors/cola-error";
import { stateFolder } from "../files/state-folder";
import type { Logger } from "../logging/logger";
import type { MlflowClient } from "./client";
import { type PublishedRuns, publishInSeries, type SeriesRecord } from "./run-series";
import { type Refused, Spool, type Spooled } from "./spool";
import { type PublishRound, SpoolPublisher } from "./spool-publisher";

/** A check that runs again is another check: its result is read only by who waits for it. */
const RESULTS_KEPT = 100;

interface CheckPublication extends Spooled {
  record: SeriesRecord;
}

export interface CheckPublisher {
  /** Throws MLFLOW_UNREACHABLE if the check waits on disk, MLFLOW_FAILED if MLflow refuses it. */
  publish: (record: SeriesRecord, signal: AbortSignal) => Promise<PublishedRuns>;
  /** Publishes what waits, oldest first. */
  publishWaiting: (signal: AbortSignal) => Promise<PublishRound<PublishedRuns>>;
  /** What MLflow refused. */
  refused: () => Promise<Refused[]>;
  /** Puts what MLflow refused back among what waits. */
  putBackRefused: () => Promise<number>;
}

/** Records checks of a monitor in MLflow by way of `<state>/spool-checks`: MLflow being away, they are recorded later. */
export function createCheckPublisher(mlflow: MlflowClient, stateDir: string, logger: Logger): CheckPublisher {
  const spool = new Spool<CheckPublication, PublishedRuns>(
    stateFolder(stateDir).spoolChecks,
    (line) => logger.error(line),
    RESULTS_KEPT,
  );
  const publisher = new SpoolPublisher({
    spool,
    logger,
    publish: ({ record }) => publishInSeries(mlflow, record),
    describe: ({ record }, { runId, seriesRunId }) =>
      runId === undefined
        ? `recorded ${record.runName} as a step of run ${seriesRunId}`
        : `recorded ${record.runName} as run ${runId}`,
  });
  /** What the attempt before kept is not put there again. */
  const publishKept = async (jobKey: string, signal: AbortSignal) => {
    const round = await publisher.publishWaiting(signal);
    const result = await spool.resultOf(jobKey);
    return result === undefined ? { waits: round.waiting?.reason ?? "it was refused before" } : { result };
  };
  return {
    publishWaiting: (signal) => publisher.publishWaiting(signal),
    refused: () => publisher.refused(),
    putBackRefused: () => publisher.putBackRefused(),
    async publish(record, signal) {
      // Of its id only: a check that a killed worker had recorded is done again at another time.
      const jobKey = jobKeyOf(record.publishId, 0);
      const before = await spool.resultOf(jobKey);
      if (before !== undefined) return before;
      const outcome =
        (await spool.nameOfJob(jobKey)) === undefined
          ? await publisher.publish({ v: 1, jobKey, record }, signal)
          : await publishKept(jobKey, signal);
      if ("result" in outcome) return outcome.result;
      const kept = `the check is kept in ${spool.folder} and recorded when MLflow is back`;
      throw new ColaError("MLFLOW_UNREACHABLE", `${outcome.waits}; ${kept}`);
    },
  };
}
