import { confusionMatrix } from "@colaml/shared/learning/model/confusion-matrix";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { rocAuc } from "@colaml/shared/learning/model/roc-auc";
import { termLabels } from "@colaml/shared/learning/text/term-label";
import { confusionMatrixPlot } from "../plots/confusion-matrix-plot";
import {
  type ClassCurve,
  calibrationCurvePlot,
  precisionRecallCurvePlot,
  rocCurvePlot,
} from "../plots/curve-plots";
import { thresholdCurves } from "../plots/curve-points";
import { featureImportance } from "../plots/feature-importance";
import { featureImportancePlot } from "../plots/feature-importance-plot";
import { metricPerIterationPlot } from "../plots/metric-per-iteration-plot";
import { pointsByTenth } from "../plots/points-by-tenth";
import { perClassMetrics, perClassMetricsCsv } from "../scoring/per-class-metrics";
import type { TrainedModel } from "../training/training";
import { decisionArtifacts } from "./decision-artifacts";

const PART = "test";

/** What a person looks at in the run: plots as SVG, metrics per class as CSV, importance of every word as CSV. */
export function runArtifacts(trained: TrainedModel): Map<string, Uint8Array> {
  const { bundle, test, profile } = trained;
  const { classes } = bundle;
  const rows = test.classOf.length;
  const predicted = predictedClasses(test.probabilities, classes.length);
  const { counts: flat } = confusionMatrix(test.classOf, predicted, classes.length);
  const counts = classes.map((_, k) => flat.subarray(k * classes.length, (k + 1) * classes.length));
  const curves = curvesOf(trained);
  const importance = featureImportance(bundle.ensemble, termLabels(bundle), classes);
  const baseRate = classes.length === 2 ? classRows(test.classOf, 1) / rows : undefined;
  const texts: [string, string][] = [
    ["confusion_matrix.svg", confusionMatrixPlot(classes, counts, PART)],
    ["roc_curve_plot.svg", rocCurvePlot(curves.roc, rows, PART)],
    [
      "precision_recall_curve_plot.svg",
      precisionRecallCurvePlot(curves.precisionRecall, rows, PART, baseRate),
    ],
    [
      "calibration_curve_plot.svg",
      calibrationCurvePlot(calibrationCurves(profile.calibration, classes), profile.rows, "held-out"),
    ],
    ["feature_importance.svg", featureImportancePlot(importance)],
    ["feature_importance.json", JSON.stringify(importance)],
    ...iterationPlots(trained),
    ["per_class_metrics.csv", perClassMetricsCsv(perClassMetrics(classes, counts))],
    ...decisionArtifacts(trained.decisions, rows),
  ];
  return new Map(texts.map(([path, text]) => [path, Buffer.from(text)]));
}

function classRows(classOf: ArrayLike<number>, index: number): number {
  let rows = 0;
  for (let i = 0; i < classOf.length; i++) if (classOf[i] === index) rows++;
  return rows;
}

/** Binary: the curves of the positive class; multiclass: of every class against the rest. */
function curvesOf({ bundle, test }: TrainedModel): { roc: ClassCurve[]; precisionRecall: ClassCurve[] } {
  const n = bundle.classes.length;
  const shown = n === 2 ? [1] : bundle.classes.map((_, k) => k);
  const roc: ClassCurve[] = [];
  const precisionRecall: ClassCurve[] = [];
  for (const k of shown) {
    const scores = Float64Array.from(test.classOf, (_, row) => test.probabilities[row * n + k]!);
    const isPositive = Uint8Array.from(test.classOf, (actual) => (actual === k ? 1 : 0));
    const curve = thresholdCurves(scores, isPositive);
    if (curve === undefined) continue;
    const name = bundle.classes[k]!;
    roc.push({ name, points: curve.roc, area: rocAuc(scores, isPositive) });
    precisionRecall.push({ name, points: curve.precisionRecall, area: curve.averagePrecision });
  }
  return { roc, precisionRecall };
}

function calibrationCurves(
  calibration: TrainedModel["profile"]["calibration"],
  classes: readonly string[],
): ClassCurve[] {
  return calibration.map((bins, i) => ({
    name: classes[calibration.length === 1 ? 1 : i]!,
    points: pointsByTenth(bins),
  }));
}

function iterationPlots({ boosting }: TrainedModel): [string, string][] {
  const { history, bestIteration } = boosting;
  const series = (pick: "logLoss" | "error") => [
    { name: "training rows", values: history.map(({ train }) => train[pick]) },
    {
      name: "validation rows",
      values: history.map(({ validation }) => validation?.[pick] ?? Number.NaN),
    },
  ];
  return [
    ["log_loss_per_iteration.svg", metricPerIterationPlot("log_loss", series("logLoss"), bestIteration)],
    ["error_per_iteration.svg", metricPerIterationPlot("error", series("error"))],
  ];
}
