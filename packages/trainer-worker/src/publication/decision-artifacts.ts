import { formatCell } from "@colaml/shared/tables/written-cell";
import type { DecisionReport } from "../decisions/decide";
import type { DecidedClass } from "../decisions/decision-metrics";
import { coverageCsv, coveragePlot } from "../plots/coverage-plot";
import { reliabilityCsv, reliabilityPlot } from "../plots/reliability-plot";

/** Files of a run that was calibrated or decides: none if it does neither. */
export function decisionArtifacts(report: DecisionReport, testRows: number): [string, string][] {
  const { calibration, reliability, decision, classes, coverage } = report;
  return [
    ...(calibration ? [["calibration.json", json(calibration)] as [string, string]] : []),
    ...(reliability
      ? ([
          ["reliability_plot.svg", reliabilityPlot(reliability, testRows)],
          ["reliability.csv", reliabilityCsv(reliability)],
        ] as [string, string][])
      : []),
    ...(decision && classes && coverage
      ? ([
          ["decision.json", json(decision)],
          ["decision_per_class.csv", decidedClassesCsv(classes)],
          ["coverage_accuracy_plot.svg", coveragePlot(coverage, testRows, decision.abstainBelow)],
          ["coverage_accuracy.csv", coverageCsv(coverage)],
        ] as [string, string][])
      : []),
  ];
}

/** Final metrics of a run: test log loss and calibration error before and after, and what the decisions are worth. */
export function decisionRunMetrics({ calibration, decision }: DecisionReport): [string, number][] {
  const calibrated: [string, number | undefined][] = [
    ["test_ece", calibration?.test?.ece.after],
    ["test_ece_uncalibrated", calibration?.test?.ece.before],
    ["test_log_loss_uncalibrated", calibration?.test?.logLoss.before],
  ];
  const decided: [string, number | undefined][] = Object.entries({
    validation: decision?.validation,
    test: decision?.test,
  }).flatMap(([part, metrics]) =>
    Object.entries(metrics ?? {})
      .filter(([name]) => name !== "rows")
      .map(([name, value]): [string, number] => [`${part}_decision_${name}`, value as number]),
  );
  return [...calibrated, ...decided].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function decidedClassesCsv(classes: readonly DecidedClass[]): string {
  const rows = classes.map(({ label, precision, recall, f1, support, decided }) =>
    [label, precision, recall, f1, support, decided]
      .map((value) => formatCell(String(value ?? ""), "csv"))
      .join(","),
  );
  return `${["label,precision,recall,f1_score,support,decided", ...rows].join("\n")}\n`;
}
