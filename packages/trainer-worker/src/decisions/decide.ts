import type { CalibrationSummary, DecisionSummary } from "@colaml/shared/contracts/decision-summary";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Calibration } from "@colaml/shared/learning/model/calibration";
import { createDecider, type DecisionRule } from "@colaml/shared/learning/model/decision-rule";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { type DecisionSettings, decides } from "@colaml/shared/settings/decision-settings";
import type { ScoredRows } from "../scoring/scored-rows";
import { type CoveragePoint, chooseCut, coverageCurve } from "./abstention";
import { type ChosenCalibration, chooseCalibration } from "./choose-calibration";
import { chooseThresholds } from "./choose-thresholds";
import { costTable } from "./cost-table";
import { type DecidedClass, decidedClasses, decisionMetrics } from "./decision-metrics";
import { calibrated, type Turn } from "./fit-calibration";
import { type ReliabilityBin, reliability } from "./reliability";

/** What a model answers beyond its ensemble, and what that is worth. */
export interface Decisions {
  calibration?: Calibration;
  rule?: DecisionRule;
  /** Probabilities as the model gives them, calibrated if it is. */
  validation: Float64Array;
  test: Float64Array;
  /** Of the validation rows for metrics: what calibrated them saw other rows only. */
  crossFitted: Float64Array;
  report: DecisionReport;
}

/** What summary, metrics and artifacts are made of; empty if nothing was asked for. */
export interface DecisionReport {
  calibration?: CalibrationSummary;
  /** Of the test rows; absent if nothing was calibrated. */
  reliability?: { before: ReliabilityBin[]; after: ReliabilityBin[] };
  decision?: DecisionSummary;
  /** Of the test rows, each class by the decisions. */
  classes?: DecidedClass[];
  /** Of the test rows if the least sure of them are left out. */
  coverage?: CoveragePoint[];
  notes: string[];
}

export interface DecisionInput {
  classes: readonly string[];
  settings: DecisionSettings;
  seed: number;
  /** With the ensemble's own probabilities. */
  validation: ScoredRows;
  test: ScoredRows;
  turn: Turn;
}

/**
 * Refuses settings that do not fit the classes of the data, before anything is trained.
 *
 * @throws ColaError PARAMETER_INVALID for a cost of a class that the data lacks, or a word for abstaining that is a class
 */
export function checkDecisionSettings(settings: DecisionSettings, classes: readonly string[]): void {
  if (settings.cost_matrix) costTable(settings.cost_matrix, classes);
  if (decides(settings) && classes.includes(settings.abstain_word)) {
    throw new ColaError(
      "PARAMETER_INVALID",
      `abstain_word (--abstain-word) is ${JSON.stringify(settings.abstain_word)}, which is a class of the data: give another word`,
    );
  }
}

/**
 * Calibrates and picks the decision rule on the validation rows; measures both on the test rows.
 *
 * @throws ColaError PARAMETER_INVALID, JOB_CANCELLED
 */
export async function decide(input: DecisionInput): Promise<Decisions> {
  const { classes, settings, validation, test } = input;
  const costs = settings.cost_matrix && costTable(settings.cost_matrix, classes);
  const chosen = await calibrationOf(input);
  const calibration = chosen?.calibration;
  const of = (rows: ScoredRows) => ({
    classOf: rows.classOf,
    probabilities: calibrated(calibration, rows.probabilities, classes.length),
  });
  const rows = { validation: of(validation), test: of(test) };
  const probabilities = { validation: rows.validation.probabilities, test: rows.test.probabilities };
  const report: DecisionReport = { notes: [] };
  if (chosen) reportCalibration(report, input, chosen, probabilities.test);
  const rule = decides(settings) ? await chooseRule(input, rows, costs, report) : undefined;
  return {
    ...(calibration && { calibration }),
    ...(rule && { rule }),
    ...probabilities,
    crossFitted: chosen?.crossFitted ?? validation.probabilities,
    report,
  };
}

async function calibrationOf({ settings, validation, classes, seed, turn }: DecisionInput) {
  if (settings.calibration === "none") return undefined;
  return chooseCalibration(settings.calibration, validation, classes, seed, turn);
}

function reportCalibration(
  report: DecisionReport,
  { settings, classes, test }: DecisionInput,
  { calibration, logLoss, reason }: ChosenCalibration,
  after: Float64Array,
): void {
  const wanted = settings.calibration as CalibrationSummary["wanted"];
  const method = calibration?.method ?? "none";
  report.calibration = {
    wanted,
    method,
    ...(reason !== undefined && { reason }),
    validationLogLoss: logLoss,
  };
  if (calibration === undefined) {
    report.notes.push(`not calibrated: ${reason}`);
    return;
  }
  const [raw, corrected] = [test.probabilities, after].map((probabilities) => {
    const { confidences, isRight } = surest(test.classOf, probabilities, classes.length);
    const { log_loss } = classificationMetrics({ classes, labels: test.classOf, probabilities });
    return { ...reliability(confidences, isRight), logLoss: log_loss };
  });
  report.reliability = { before: raw!.bins, after: corrected!.bins };
  if (raw!.ece === undefined || raw!.logLoss === undefined) return;
  report.calibration.test = {
    logLoss: { before: raw!.logLoss, after: corrected!.logLoss! },
    ece: { before: raw!.ece, after: corrected!.ece! },
  };
}

/** The highest probability of each row, and whether its class is the row's. */
function surest(classOf: ArrayLike<number>, probabilities: Float64Array, nClasses: number) {
  const labels = predictedClasses(probabilities, nClasses);
  return {
    labels,
    confidences: Float64Array.from(labels, (label, row) => probabilities[row * nClasses + label]!),
    isRight: Uint8Array.from(labels, (label, row) => (label === classOf[row] ? 1 : 0)),
  };
}

async function chooseRule(
  { settings, classes, seed, turn }: DecisionInput,
  { validation, test }: { validation: ScoredRows; test: ScoredRows },
  costs: readonly (readonly number[])[] | undefined,
  report: DecisionReport,
): Promise<DecisionRule> {
  const { abstain_word: abstainWord } = settings;
  const found = await chooseThresholds(settings, validation, classes, costs, seed, turn);
  const always = { abstainWord, ...(found?.thresholds && { thresholds: found.thresholds }) };
  const cut = chooseCut(settings, curveOf(always, validation, classes));
  const { abstainBelow } = cut ?? {};
  const rule = { ...always, ...(abstainBelow !== undefined && { abstainBelow }) };
  report.notes.push(...(found?.notes ?? []), ...(cut?.note === undefined ? [] : [cut.note]));
  const decided = {
    validation: decisionsOf(rule, validation, classes),
    test: decisionsOf(rule, test, classes),
  };
  report.decision = {
    wanted: wishes(settings),
    ...(found?.thresholds && {
      thresholds: found.thresholds.map((threshold, i) => ({
        label: classes[classes.length === 2 ? 1 : i]!,
        threshold,
      })),
    }),
    ...(abstainBelow !== undefined && { abstainBelow }),
    abstainWord,
    validation: decisionMetrics(validation.classOf, decided.validation, classes, costs),
    test: decisionMetrics(test.classOf, decided.test, classes, costs),
  };
  report.classes = decidedClasses(test.classOf, decided.test, classes);
  report.coverage = curveOf(always, test, classes);
  return rule;
}

/** Index of the decision of each row. */
function decisionsOf(rule: DecisionRule, { classOf, probabilities }: ScoredRows, classes: readonly string[]) {
  const decider = createDecider(rule, classes);
  const labels = predictedClasses(probabilities, classes.length);
  return Uint16Array.from(classOf, (_, row) =>
    decider.decide(probabilities, labels[row]!, row * classes.length),
  );
}

function curveOf(rule: DecisionRule, rows: ScoredRows, classes: readonly string[]): CoveragePoint[] {
  const { confidences } = surest(rows.classOf, rows.probabilities, classes.length);
  const decided = decisionsOf(rule, rows, classes);
  return coverageCurve(
    confidences,
    Uint8Array.from(decided, (decision, row) => (decision === rows.classOf[row] ? 1 : 0)),
  );
}

/** What was asked for, under the names of the payload. */
function wishes(settings: DecisionSettings): string[] {
  const { decide: wanted, cost_matrix, ...more } = settings;
  const numbers = [
    "min_precision",
    "min_recall",
    "abstain_below",
    "abstain_accuracy",
    "abstain_coverage",
  ] as const;
  return [
    ...(wanted === "none" ? [] : [`decide ${wanted}`]),
    ...(cost_matrix ? ["cost_matrix"] : []),
    ...numbers.filter((name) => more[name] > 0).map((name) => `${name} ${more[name]}`),
  ];
}
