/**
 * A linear model as XGBoost's `gblinear` defines it: the margin of a group is its bias plus the sum of weight times
 * value over the features that a row has; a feature that is absent counts as zero. Binary models have one group, for
 * the second class. For more classes there is one group per class, each trained as a binary model of its class
 * against all others.
 */
export interface LinearEnsemble {
  /** One logistic model per group, as XGBoost names it. */
  objective: "binary:logistic";
  nFeatures: number;
  /** 1 for binary, else the number of classes. */
  nGroups: number;
  /** Margin every row starts from (float32), already on the logit scale. */
  baseMargin: number;
  /** Margin that each group adds: nGroups. */
  bias: Float32Array;
  /** nFeatures x nGroups, the groups of a feature side by side. */
  weights: Float32Array;
  /** Boosting rounds that the weights are the result of. */
  rounds: number;
}
