import { integer, positive, real, text } from "./setting-kinds";

/** Least values of quality metrics. */
export const thresholdSettings = {
  accuracyThreshold: real({
    doc: "Least accuracy",
    env: "COLAML_ACCURACY_THRESHOLD",
    default: 0.75,
    min: 0,
    max: 1,
    payload: "accuracy_score",
  }),
  precisionThreshold: real({
    doc: "Least precision",
    env: "COLAML_PRECISION_THRESHOLD",
    default: 0.7,
    min: 0,
    max: 1,
    payload: "precision_score",
  }),
  recallThreshold: real({
    doc: "Least recall",
    env: "COLAML_RECALL_THRESHOLD",
    default: 0.7,
    min: 0,
    max: 1,
    payload: "recall_score",
  }),
  f1Threshold: real({
    doc: "Least F1",
    env: "COLAML_F1_THRESHOLD",
    default: 0.7,
    min: 0,
    max: 1,
    payload: "f1_score",
  }),
};

/** What a check of a model is held against. */
export const monitorSettings = {
  ...thresholdSettings,
  absoluteDrop: positive({
    doc: "Most a metric may fall below the training's test, in points",
    env: "COLAML_ABSOLUTE_DROP",
    default: 0.05,
    max: 1,
  }),
  relativeDrop: positive({
    doc: "Most a metric may fall below the training's test, as a share of it",
    env: "COLAML_RELATIVE_DROP",
    default: 0.1,
    max: 1,
  }),
  classRecall: text({
    doc: "Least recall of single classes, such as spam=0.9,ham=0.5; empty: none",
    env: "COLAML_CLASS_RECALL",
    default: "",
  }),
  minRows: integer({
    doc: "No verdict on a metric that fewer rows speak for",
    env: "COLAML_MONITOR_MIN_ROWS",
    default: 50,
    min: 1,
    max: 1e9,
  }),
  driftMinRows: integer({
    doc: "No drift of fewer rows",
    env: "COLAML_DRIFT_MIN_ROWS",
    default: 50,
    min: 1,
    max: 1e9,
  }),
  falseAlarmRate: real({
    doc: "Chance of a drift alarm on rows like the training's; as a bound also of a failed quality check",
    env: "COLAML_FALSE_ALARM_RATE",
    default: 0.01,
    min: 0.001,
    max: 0.2,
  }),
  maxAmbiguous: real({
    doc: "Most rows left out of a join since their id is ambiguous, as a share; above it a check is refused",
    env: "COLAML_MAX_AMBIGUOUS_IDS",
    default: 0.1,
    min: 0,
    max: 1,
  }),
  alertRules: text({
    doc: "JSON file with a list of alert rules; empty: only thresholds and drift",
    env: "COLAML_ALERT_RULES",
    default: "",
  }),
  runMinutes: integer({
    doc: "Minutes in which a scheduled check that says the same as before gets no run of its own in MLflow, only a step of its model version's run; 0: each gets one",
    env: "COLAML_CHECK_RUN_MINUTES",
    default: 60,
    min: 0,
    max: 525_600,
  }),
};
