import type { MlflowClient } from "./client";
import type { KeyValue, Metric } from "./log-batch";
import { openRun, publishRun, type RunRecord } from "./publish-model";
import { RUN_TAGS } from "./run-tags";

/** A run that collects a step of each run under it, so that MLflow draws their metrics as curves. */
export interface SeriesStep {
  /** Same id, same series. */
  seriesId: string;
  runName: string;
  tags: KeyValue[];
  /** Number of this step: the same again changes nothing. */
  step: number;
  metrics: Omit<Metric, "step" | "timestamp">[];
}

/** A run to record, and its step in a series. */
export interface SeriesRecord extends RunRecord {
  series: SeriesStep;
  /** True: the step is all that is recorded, there is no run. Absent in what an older release kept on disk. */
  stepOnly?: boolean;
}

/** Where a record is. */
export interface PublishedRuns {
  /** Absent if only a step was recorded. */
  runId?: string;
  /** Absent in results that an older release kept on disk. */
  seriesRunId?: string;
}

/**
 * Records a run under the run of its series (made with the first), and its metrics there as one step. Every part may
 * be done again.
 *
 * @throws ColaError MLFLOW_UNREACHABLE (call again later), MLFLOW_FAILED
 */
export async function publishInSeries(
  client: MlflowClient,
  { series, stepOnly = false, ...record }: SeriesRecord,
): Promise<PublishedRuns> {
  const { experiment, startTime, endTime } = record;
  const parent = await openRun(client, {
    publishId: series.seriesId,
    experiment,
    runName: series.runName,
    startTime,
    tags: series.tags,
  });
  const tags = [...record.tags, { key: RUN_TAGS.parentRunId, value: parent.runId }];
  const own = stepOnly ? {} : { runId: (await publishRun(client, { ...record, tags })).runId };
  const metrics = series.metrics.map((metric) => ({ ...metric, step: series.step, timestamp: endTime }));
  await client.runs.log(parent.runId, { metrics, tags: series.tags });
  // A finished run takes further steps; it ends with its latest.
  await client.runs.finish(parent.runId, "FINISHED", endTime);
  return { ...own, seriesRunId: parent.runId };
}
