import type { ChosenPenalty, TrainJob } from "@colaml/shared/contracts/train";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import type { ClassificationMetrics } from "@colaml/shared/metrics/metric-table";
import type { RowPlan } from "../training/data/plan-rows";
import type { TrainedModel } from "../training/training";
import { duplicatesOf } from "../training/training-evidence";
import { decisionRunMetrics } from "./decision-artifacts";

/** One value of a metric as MLflow's log-batch takes it; times in ms since 1970. */
export interface MetricPoint {
  key: string;
  value: number;
  timestamp: number;
  step: number;
}

/** MLflow refuses longer values of a parameter. */
const MAX_PARAM = 6_000;

/** A run's parameters: the settings under their payload names, as text; of a chosen penalty what was chosen. */
export function runParams(job: TrainJob, chosen?: ChosenPenalty): Map<string, string> {
  const { preset, split, features, boosting, decision, champion } = job;
  const { max_train_rows, min_class_rows, similar_labels } = job;
  const { random_seed: split_seed, ...sizes } = split;
  const rows = { max_train_rows, min_class_rows: min_class_rows ?? "auto", similar_labels };
  const penalty = chosen ? { reg_lambda: chosen.reg_lambda, iterations: chosen.iterations } : {};
  const named = preset === "best" ? { preset } : {};
  const settings = {
    ...named,
    ...sizes,
    split_seed,
    ...features,
    ...boosting,
    ...penalty,
    ...decision,
    ...champion,
    ...rows,
  };
  return new Map(Object.entries(settings).map(([name, value]) => [name, paramText(value)]));
}

function paramText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= MAX_PARAM ? text : `${text.slice(0, MAX_PARAM - 1)}…`;
}

/** The metric steps of one iteration: log loss and error of training and validation rows. */
export function iterationMetrics(
  { number, train, validation }: BoostIteration,
  timestamp: number,
): MetricPoint[] {
  const values: [string, number | undefined][] = [
    ["train_log_loss", train.logLoss],
    ["train_error", train.error],
    ["validation_log_loss_step", validation?.logLoss],
    ["validation_error", validation?.error],
  ];
  return values.flatMap(([key, value]) =>
    value === undefined || !Number.isFinite(value) ? [] : [{ key, value, timestamp, step: number }],
  );
}

/** What the run ends with: quality by part, training time, sizes. A metric that is absent stays absent. */
export function finalMetrics(trained: TrainedModel): Map<string, number> {
  const { metrics, plan, seconds, boosting, rejected, bundle, bestPreset } = trained;
  return new Map<string, number>([
    ...partMetrics("validation", metrics.validation),
    ...partMetrics("test", metrics.test),
    ...testCounts(trained),
    ...decisionRunMetrics(trained.decisions),
    ["training_seconds", seconds],
    ...sizeMetrics(plan),
    ["rejected_rows", rejected.count + plan.rows.leftOut],
    ...labelMetrics(trained),
    ["vocabulary_terms", bundle.terms.length],
    ["iterations_kept", boosting.iterations],
    ...(bestPreset ? [["preset_best_validation_accuracy", bestPreset.validationAccuracy] as const] : []),
    ...(boosting.bestIteration === undefined ? [] : [["best_iteration", boosting.bestIteration] as const]),
  ]);
}

/** Numbers of a part's metrics under `<part>_<name>`, those that could be computed. */
function partMetrics(part: string, metrics: ClassificationMetrics): [string, number][] {
  return Object.entries(metrics).flatMap(([name, value]): [string, number][] =>
    typeof value === "number" && Number.isFinite(value) ? [[`${part}_${name}`, value]] : [],
  );
}

/** What was done about labels that are alike or rare, and copies of texts across the split. */
function labelMetrics({ plan, test, bundle }: TrainedModel): [string, number][] {
  const { duplicateTestRows, accuracy = {} } = duplicatesOf(test, bundle.classes.length);
  const { duplicates, others } = accuracy;
  return [
    ["small_class_rows", plan.rows.leftOut],
    ["joined_label_rows", plan.labels.joinedLabels.reduce((sum, { rows }) => sum + rows, 0)],
    ["duplicate_test_rows", duplicateTestRows],
    ...(duplicates === undefined ? [] : [["test_accuracy_duplicates", duplicates] as [string, number]]),
    ...(others === undefined ? [] : [["test_accuracy_others", others] as [string, number]]),
  ];
}

function sizeMetrics({ rows, classes }: RowPlan): [string, number][] {
  return [
    ["train_rows", rows.train],
    ["validation_rows", rows.validation],
    ["test_rows", rows.test],
    ["rows_not_sampled", rows.notSampled],
    ["classes", classes.length],
  ];
}

/** Binary: the four cells of the test confusion matrix under MLflow's names. */
function testCounts({ test, plan }: TrainedModel): [string, number][] {
  if (plan.classes.length !== 2) return [];
  const counts = [
    [0, 0],
    [0, 0],
  ];
  test.classOf.forEach((actual, row) => {
    const positive = test.probabilities[2 * row + 1]! > test.probabilities[2 * row]! ? 1 : 0;
    counts[actual]![positive]!++;
  });
  return [
    ["test_true_negatives", counts[0]![0]!],
    ["test_false_positives", counts[0]![1]!],
    ["test_false_negatives", counts[1]![0]!],
    ["test_true_positives", counts[1]![1]!],
  ];
}
