import type { ChosenPenalty, TrainJob } from "@colaml/shared/contracts/train";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import type { BoostResult } from "@colaml/shared/learning/model/training-input";
import type { FittedVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import type { ReadHooks } from "./data/each-row";
import type { HeldOutFacts } from "./data/held-out-facts";
import type { RowPlan } from "./data/plan-rows";

/** Class index of each row of each part. */
export interface PartLabels {
  train: Uint16Array;
  validation: Uint16Array;
  test: Uint16Array;
}

/** What a model is fitted from. */
export interface FitInput {
  job: TrainJob;
  reader: DatasetReader;
  plan: RowPlan;
  labels: PartLabels;
  features: TfidfSettings;
  vocabulary: FittedVocabulary;
  /** Is offered every held-out row once. */
  facts: HeldOutFacts;
}

export interface FitHooks extends ReadHooks {
  onIteration?: (iteration: BoostIteration) => void;
}

/** A fitted model and what it makes of the held-out rows. */
export interface FittedModel {
  boosted: BoostResult;
  /** Penalty and rounds if they were chosen on the validation rows. */
  chosen?: ChosenPenalty;
  /** Probabilities of every row: nRows x nClasses. */
  validation: Float64Array;
  test: Float64Array;
}
