import { createHash } from "node:crypto";
import { classRecallMetric } from "@colaml/shared/contracts/alert-rules";
import type { MonitorJob, MonitorResult, QualityThresholds } from "@colaml/shared/contracts/monitor";
import { type ColaError, messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import type { CheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import type { KeyValue, Metric } from "@colaml/shared/mlflow/log-batch";
import type { SeriesRecord } from "@colaml/shared/mlflow/run-series";
import { RUN_TAGS, sourceTags } from "@colaml/shared/mlflow/run-tags";
import { VERDICT_TAGS } from "@colaml/shared/mlflow/verdict-tags";
import type { Segment } from "../quality/quality-segments";

/** Records a check, or throws MLFLOW_UNREACHABLE and the like. */
export type PublishRun = CheckPublisher["publish"];

export interface PublishedCheck {
  job: MonitorJob;
  jobId: string;
  /** When the job was added: with its id it names the check, also for a worker that does it again. */
  addedAt: number;
  startTime: number;
  endTime: number;
  result: Omit<MonitorResult, "runId" | "report" | "seconds">;
  values: ReadonlyMap<string, number>;
  segments: readonly Segment[];
  report: string;
  /** Run of the model's training. */
  modelRunId: string;
  /** Which check of the model this is, from 1: its step in the model's series. */
  number: number;
  /** Whether the step is all that is recorded, see `needsOwnRun`. */
  stepOnly: boolean;
}

/**
 * Logs a check as a run of the experiment, unless only its step is recorded: metrics, accuracy along the rows as steps,
 * the report; and its metrics as a step of the run that all checks of the model version share. MLflow being away loses no check: everything is in
 * the result and in the report on disk, and the reason is returned.
 */
export async function publishCheck(
  publish: PublishRun,
  check: PublishedCheck,
  signal: AbortSignal,
): Promise<{ runId?: string; seriesRunId?: string; warning?: string }> {
  try {
    return await publish(recordOf(check), signal);
  } catch (error) {
    const failure: ColaError = toColaError(error);
    return { warning: `not recorded in MLflow: ${messageOf(failure)}` };
  }
}

function recordOf({ job, jobId, result, values, segments, report, ...check }: PublishedCheck): SeriesRecord {
  const source = job.input?.path ?? job.predictions!;
  const tags: Record<string, string> = {
    ...sourceTags({ sourceName: "monitor-worker" }),
    [RUN_TAGS.kind]: "monitor",
    [RUN_TAGS.jobId]: jobId.slice(0, 250),
    [VERDICT_TAGS.verdict]: result.verdict,
    [RUN_TAGS.summary]: result.summary,
    [RUN_TAGS.model]: result.model,
    [RUN_TAGS.modelVersion]: result.modelVersion,
    [RUN_TAGS.modelRunId]: check.modelRunId,
    [RUN_TAGS.alerts]: result.alerts.map(({ id, status }) => `${id} ${status}`).join(", "),
  };
  return {
    publishId: `monitor-${jobId}-${check.addedAt}`,
    experiment: job.experiment,
    runName: `monitor ${result.model} v${result.modelVersion}`,
    startTime: check.startTime,
    endTime: check.endTime,
    params: Object.entries({
      model: `models:/${result.model}/${result.modelVersion}`,
      source,
      ...Object.fromEntries(thresholdParams(result.thresholds)),
    }).map(([key, value]) => ({ key, value: String(value) })),
    metrics: [
      ...metricsOf(values),
      ...segmentMetrics(segments, result.estimated !== undefined),
      ...counts(result),
    ],
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    datasets: [
      {
        context: "monitoring",
        name: source.split(/[\\/]/).at(-1)!,
        digest: createHash("sha256")
          .update(`${source}\n${result.rows}\n${check.startTime}`)
          .digest("hex")
          .slice(0, 32),
        sourceType: "local",
        source: JSON.stringify({ uri: source }),
        schema: "{}",
        profile: JSON.stringify({ num_rows: result.rows }),
      },
    ],
    artifacts: new Map(
      check.stepOnly
        ? []
        : [
            ["monitoring_report.html", new TextEncoder().encode(report)],
            ["monitoring_result.json", new TextEncoder().encode(JSON.stringify(result, null, 2))],
          ],
    ),
    ...(check.stepOnly ? { stepOnly: true } : {}),
    series: {
      seriesId: `monitoring-${result.model}-${result.modelVersion}`,
      runName: `monitoring ${result.model} v${result.modelVersion}`,
      tags: seriesTags(tags, result.verdict),
      step: check.number,
      metrics: [...metricsOf(values), ...counts(result)],
    },
  };
}

function thresholdParams({ class_recall: ofClasses, ...ofMetrics }: QualityThresholds): [string, number][] {
  const named = Object.entries(ofClasses ?? {}).map(
    ([name, value]) => [classRecallMetric(name), value] as const,
  );
  return [...Object.entries(ofMetrics), ...named].map(([key, value]) => [`threshold_${key}`, value]);
}

/** Of the run that the checks of a model version share. */
function seriesTags(ofCheck: Record<string, string>, verdict: string): KeyValue[] {
  const tags = { ...ofCheck, [RUN_TAGS.kind]: "monitoring", [RUN_TAGS.latestVerdict]: verdict };
  const kept = Object.entries(tags).filter(
    ([key]) => !/verdict$|summary$|alerts$|job_id$/.test(key) || key === RUN_TAGS.latestVerdict,
  );
  return kept.map(([key, value]) => ({ key, value }));
}

const metricsOf = (values: ReadonlyMap<string, number>): Metric[] =>
  [...values].filter(([, value]) => Number.isFinite(value)).map(([key, value]) => ({ key, value }));

const counts = ({ rows, n, rejected, foreignLabels, labels }: PublishedCheck["result"]): Metric[] => [
  { key: "rows", value: rows },
  { key: "labelled_rows", value: n },
  { key: "rejected_rows", value: rejected },
  { key: "foreign_label_rows", value: foreignLabels?.rows ?? 0 },
  { key: "ambiguous_id_rows", value: labels?.ambiguous?.rows ?? 0 },
];

/** Step i is the i-th stretch of the rows. */
function segmentMetrics(segments: readonly Segment[], estimated: boolean): Metric[] {
  return segments.flatMap(({ rows, labelled, correct, expectedCorrect }, step) => [
    ...(labelled > 0 ? [{ key: "segment_accuracy_score", value: correct / labelled, step }] : []),
    ...(estimated ? [{ key: "segment_estimated_accuracy_score", value: expectedCorrect / rows, step }] : []),
  ]);
}
