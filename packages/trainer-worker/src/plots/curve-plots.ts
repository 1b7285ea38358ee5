import type { Point } from "@colaml/shared/charts/svg-chart";
import { renderLinePlot } from "./line-plot";

/** One class's curve. */
export interface ClassCurve {
  /** Class label. */
  name: string;
  points: readonly Point[];
  /** Area under it; absent if it could not be computed. */
  area?: number;
}

/** Curves drawn at most: more lines than these no eye separates. */
const MAX_CURVES = 6;

const named = (curve: ClassCurve, area: string) =>
  curve.area === undefined ? curve.name : `${curve.name} (${area} ${curve.area.toFixed(4)})`;

const drawn = (curves: readonly ClassCurve[], area: string, dots = false) =>
  curves.slice(0, MAX_CURVES).map((curve) => ({ name: named(curve, area), points: curve.points, dots }));

const rest = (curves: readonly ClassCurve[]) =>
  curves.length > MAX_CURVES ? `; the first ${MAX_CURVES} of ${curves.length} classes` : "";

/** Receiver operating characteristic: points are (false positive rate, true positive rate). */
export function rocCurvePlot(curves: readonly ClassCurve[], rows: number, part: string): string {
  return renderLinePlot({
    title: "ROC curve",
    subtitle: `${rows} ${part} rows, a class against the rest${rest(curves)}`,
    xLabel: "False positive rate",
    yLabel: "True positive rate",
    xDomain: [0, 1],
    yDomain: [0, 1],
    series: drawn(curves, "AUC"),
    guide: { name: "random guess", from: { x: 0, y: 0 }, to: { x: 1, y: 1 } },
  });
}

/** Precision by recall: points are (recall, precision); `baseRate` is what a random guess reaches. */
export function precisionRecallCurvePlot(
  curves: readonly ClassCurve[],
  rows: number,
  part: string,
  baseRate?: number,
): string {
  return renderLinePlot({
    title: "Precision-recall curve",
    subtitle: `${rows} ${part} rows, a class against the rest${rest(curves)}`,
    xLabel: "Recall",
    yLabel: "Precision",
    xDomain: [0, 1],
    yDomain: [0, 1],
    series: drawn(curves, "average precision"),
    ...(baseRate === undefined
      ? {}
      : {
          guide: {
            name: `share of the class (${baseRate.toFixed(3)})`,
            from: { x: 0, y: baseRate },
            to: { x: 1, y: baseRate },
          },
        }),
  });
}

/** Reliability diagram: points are (mean probability, observed share) of each bin that has rows. */
export function calibrationCurvePlot(curves: readonly ClassCurve[], rows: number, part: string): string {
  return renderLinePlot({
    title: "Calibration curve",
    subtitle: `${rows} ${part} rows in probability bins of 0.1${rest(curves)}`,
    xLabel: "Mean predicted probability",
    yLabel: "Observed share of the class",
    xDomain: [0, 1],
    yDomain: [0, 1],
    series: drawn(curves, "", true),
    guide: { name: "perfectly calibrated", from: { x: 0, y: 0 }, to: { x: 1, y: 1 } },
  });
}
