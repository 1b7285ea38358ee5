import type {
  CalibrationSummary,
  DecisionMetrics,
  DecisionSummary,
} from "@colaml/shared/contracts/decision-summary";
import type { TrainResult } from "@colaml/shared/contracts/train";

/** Thresholds named one by one. */
const MOST_NAMED = 5;
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** What calibration and decision rule came to, a line each; none if nothing was asked for. */
export function decisionLines({
  calibration,
  decisionRule,
}: Pick<TrainResult, "calibration" | "decisionRule">): string[] {
  return [
    ...(calibration ? [calibrationLine(calibration)] : []),
    ...(decisionRule ? [ruleLine(decisionRule), worthLine(decisionRule)] : []),
  ];
}

function calibrationLine({ method, test, validationLogLoss }: CalibrationSummary): string {
  const tried = Object.entries(validationLogLoss).map(([name, loss]) => `${name} ${loss.toFixed(4)}`);
  const chosen = `calibration: ${method} (validation log loss: ${tried.join(", ")})`;
  if (test === undefined) return chosen;
  const changes = [
    ["log loss", test.logLoss],
    ["calibration error", test.ece],
  ] as const;
  const shown = changes.map(
    ([name, { before, after }]) => `${name} ${before.toFixed(4)} -> ${after.toFixed(4)}`,
  );
  return `${chosen}; test ${shown.join(", ")}`;
}

function ruleLine({ wanted, thresholds, abstainBelow, abstainWord }: DecisionSummary): string {
  const named = thresholds
    ?.slice(0, MOST_NAMED)
    .map(({ label, threshold }) => `${label} ${threshold.toFixed(4)}`);
  const more = (thresholds?.length ?? 0) - MOST_NAMED;
  return [
    `decision (${wanted.join(", ")}): ${named ? `thresholds ${named.join(", ")}` : "as the label"}`,
    ...(more > 0 ? [` and ${more} more`] : []),
    abstainBelow === undefined ? ", never abstains" : `, ${abstainWord} below ${abstainBelow.toFixed(4)}`,
  ].join("");
}

function worthLine({ test, abstainWord }: DecisionSummary): string {
  const names: [keyof DecisionMetrics, string][] = [
    ["accuracy", "accuracy"],
    ["precision", "precision"],
    ["recall", "recall"],
    ["f1", "F1"],
    ["macro_f1", "macro F1"],
    ["mean_cost", "mean cost"],
  ];
  const shown = names.flatMap(([name, title]) =>
    test[name] === undefined ? [] : [`${title} ${test[name].toFixed(4)}`],
  );
  const coverage = test.coverage === undefined ? "" : ` (${percent(test.coverage)})`;
  const abstained = test.rows - test.decided;
  return `decided ${test.decided} of ${test.rows} test rows${coverage}, ${abstained} ${abstainWord}: ${shown.join(", ")}`;
}
