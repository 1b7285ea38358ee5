/** Quality by decisions. What cannot be computed is absent. */
export interface DecisionMetrics {
  rows: number;
  /** Rows that the model did not abstain on. */
  decided: number;
  /** decided / rows. */
  coverage?: number;
  /** Share of the decided rows that are right. */
  accuracy?: number;
  precision?: number;
  /** Of all rows of a class, those abstained on among them. */
  recall?: number;
  f1?: number;
  macro_f1?: number;
  /** Per decided row; only with a cost matrix. */
  mean_cost?: number;
}

/** Before and after calibration. */
export interface BeforeAfter {
  before: number;
  after: number;
}

/** What came of calibrating, for a person. */
export interface CalibrationSummary {
  wanted: "sigmoid" | "isotonic" | "auto";
  /** What was taken. */
  method: "none" | "sigmoid" | "isotonic";
  /** Why nothing was taken. */
  reason?: string;
  /** Log loss of the validation rows: as they are, and by each method tried, cross-fitted. */
  validationLogLoss: { none: number; sigmoid?: number; isotonic?: number };
  /** Of the test rows; absent if nothing was taken. */
  test?: { logLoss: BeforeAfter; ece: BeforeAfter };
}

/** The decision rule of a model, and what it is worth. */
export interface DecisionSummary {
  /** What was wished for, e.g. `decide f1`. */
  wanted: string[];
  /** Absent: the decision is the label. */
  thresholds?: { label: string; threshold: number }[];
  /** Absent: the model never abstains. */
  abstainBelow?: number;
  abstainWord: string;
  validation: DecisionMetrics;
  test: DecisionMetrics;
}
