import { accuracy } from "./accuracy";
import { f1 } from "./f1";
import { macroF1 } from "./macro-f1";
import type { CountMetric, ProbabilityMetric } from "./metric";
import { precision } from "./precision";
import { recall } from "./recall";

/**
 * Every metric of a model, under the names of `mlflow.models.evaluate`. A new one is a file and a line here: training,
 * tuning, champion check, profile, monitoring, alert rules, report and tables follow from what it says of itself.
 */
export const METRICS = {
  accuracy_score: accuracy,
  precision_score: precision,
  recall_score: recall,
  f1_score: f1,
  macro_f1: macroF1,
  roc_auc: { of: "probabilities", title: "ROC AUC", monitored: true, decides: true },
  log_loss: {
    of: "probabilities",
    title: "log loss",
    monitored: false,
    decides: false,
    lowerIsBetter: true,
  },
  average_precision: {
    of: "probabilities",
    title: "average precision",
    monitored: false,
    decides: false,
  },
} as const satisfies Record<string, CountMetric | ProbabilityMetric>;

export type MetricName = keyof typeof METRICS;

/** Names of the metrics that have a property with that value. */
type NamesOf<Property extends { [key: string]: unknown }> = {
  [Name in MetricName]: (typeof METRICS)[Name] extends Property ? Name : never;
}[MetricName];

export type CountMetricName = NamesOf<{ of: "counts" }>;
export type ProbabilityMetricName = NamesOf<{ of: "probabilities" }>;
/** Metrics that quality is judged by. */
export type QualityMetric = NamesOf<{ monitored: true }>;
/** Metrics that can decide between models. */
export type DecidingMetric = NamesOf<{ decides: true }>;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

export const COUNT_METRICS = METRIC_NAMES.filter(
  (name): name is CountMetricName => METRICS[name].of === "counts",
);
export const QUALITY_METRICS = METRIC_NAMES.filter((name): name is QualityMetric => METRICS[name].monitored);
export const DECIDING_METRICS = METRIC_NAMES.filter((name): name is DecidingMetric => METRICS[name].decides);

/** Whether a lower value is better. */
export const isLowerBetter = (name: MetricName): boolean => {
  const metric: CountMetric | ProbabilityMetric = METRICS[name];
  return metric.of === "probabilities" && metric.lowerIsBetter === true;
};

/** Metrics of some rows; one that cannot be computed is absent and named in `absent` with the reason. */
export interface ClassificationMetrics extends Partial<Record<MetricName, number>> {
  absent?: Record<string, string>;
}
