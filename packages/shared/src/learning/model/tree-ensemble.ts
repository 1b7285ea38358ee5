/**
 * One regression tree as parallel arrays over its nodes; node 0 is the root.
 * A row goes left when `value < threshold`; if the feature is absent, to the default side.
 */
export interface Tree {
  /** The class this tree adds to: 0 for binary. */
  group: number;
  /** Left child of each node, -1 at a leaf. */
  left: Int32Array;
  /** Right child of each node, -1 at a leaf. */
  right: Int32Array;
  /** Feature (column of the vocabulary) that splits each node; 0 at a leaf. */
  feature: Int32Array;
  /** Threshold of an inner node, leaf value (margin) of a leaf. */
  value: Float32Array;
  /** 1 if an absent feature goes left. */
  defaultLeft: Uint8Array;
  /** Loss the split gained (XGBoost `loss_chg`); 0 at a leaf. */
  gain: Float32Array;
  /** Sum of hessians of the training rows that reached the node (XGBoost `sum_hess`). */
  cover: Float32Array;
}

/** A gradient-boosted ensemble as XGBoost defines it. Sums are float32, in tree order, as XGBoost's are. */
export interface TreeEnsemble {
  objective: "binary:logistic" | "multi:softprob";
  nFeatures: number;
  /** 1 for binary, the number of classes for multi:softprob. */
  nGroups: number;
  /** Margin every row starts from (float32), already on the logit scale. */
  baseMargin: number;
  trees: Tree[];
}
