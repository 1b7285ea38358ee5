import { integer, real, share, text } from "./setting-kinds";

/** What a check of a model is held against. */
export const monitorSettings = {
  accuracyThreshold: share("Least accuracy", "COLAML_ACCURACY_THRESHOLD", 0.75),
  precisionThreshold: share("Least precision", "COLAML_PRECISION_THRESHOLD", 0.7),
  recallThreshold: share("Least recall", "COLAML_RECALL_THRESHOLD", 0.7),
  f1Threshold: share("Least F1", "COLAML_F1_THRESHOLD", 0.7),
  absoluteDrop: share(
    "Most a metric may fall below the training's test, in points",
    "COLAML_ABSOLUTE_DROP",
    0.05,
  ),
  relativeDrop: share(
    "Most a metric may fall below the training's test, as a share of it",
    "COLAML_RELATIVE_DROP",
    0.1,
  ),
  classRecall: text(
    "Least recall of single classes, such as spam=0.9,ham=0.5; empty: none",
    "COLAML_CLASS_RECALL",
    "",
  ),
  minRows: integer("No verdict on a metric that fewer rows speak for", "COLAML_MONITOR_MIN_ROWS", 50, 1, 1e9),
  driftMinRows: integer("No drift of fewer rows", "COLAML_DRIFT_MIN_ROWS", 50, 1, 1e9),
  falseAlarmRate: real(
    "Chance of a drift alarm on rows like the training's; as a bound also of a failed quality check",
    "COLAML_FALSE_ALARM_RATE",
    0.01,
    0.001,
    0.2,
  ),
  maxAmbiguous: real(
    "Most rows left out of a join since their id is ambiguous, as a share; above it a check is refused",
    "COLAML_MAX_AMBIGUOUS_IDS",
    0.1,
    0,
    1,
  ),
  alertRules: text(
    "JSON file with a list of alert rules; empty: thresholds and drift alone",
    "COLAML_ALERT_RULES",
    "",
  ),
};
