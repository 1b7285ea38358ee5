import { type Ensemble, isLinear } from "@colaml/shared/learning/model/ensemble";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";

/** A term and what it gained the trees. */
export interface TreeImportance {
  term: string;
  /** Share of the loss that all splits gained (XGBoost's `total_gain`, normalised): the shares sum to 1. */
  gain: number;
  /** Splits on the term. */
  splits: number;
}

/** Every term that splits at least once, by falling gain. */
function treeImportance(ensemble: TreeEnsemble, terms: readonly string[]): TreeImportance[] {
  const gain = new Float64Array(ensemble.nFeatures);
  const splits = new Uint32Array(ensemble.nFeatures);
  for (const tree of ensemble.trees) {
    for (let node = 0; node < tree.left.length; node++) {
      if (tree.left[node]! < 0) continue;
      gain[tree.feature[node]!]! += tree.gain[node]!;
      splits[tree.feature[node]!]! += 1;
    }
  }
  const total = gain.reduce((sum, value) => sum + value, 0) || 1;
  return terms
    .map((term, i) => ({ term, gain: gain[i]! / total, splits: splits[i]! }))
    .filter(({ splits }) => splits > 0)
    .sort((a, b) => b.gain - a.gain);
}

/** A term and its weight in a linear model. */
export interface WeightImportance {
  term: string;
  /** Absolute weight as a share of the sum of all: the shares sum to 1. Of more classes, that of all of them. */
  share: number;
  /** The weight; of more than two classes the largest by its absolute value. */
  weight: number;
  /** The class that a positive weight speaks for. */
  class: string;
}

export type FeatureImportance = TreeImportance | WeightImportance;

/** Every term that a model uses, by falling importance: gain of trees, absolute weights of a linear model. */
export function featureImportance(
  ensemble: Ensemble,
  terms: readonly string[],
  classes: readonly string[],
): FeatureImportance[] {
  return isLinear(ensemble) ? weightImportance(ensemble, terms, classes) : treeImportance(ensemble, terms);
}

/** Every term with a weight, by falling absolute weight. */
function weightImportance(
  { weights, nGroups }: LinearEnsemble,
  terms: readonly string[],
  classes: readonly string[],
): WeightImportance[] {
  const total = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) || 1;
  return terms
    .map((term, i) => {
      const own = weights.subarray(i * nGroups, (i + 1) * nGroups);
      const sum = own.reduce((size, weight) => size + Math.abs(weight), 0);
      const group = own.reduce((best, weight, k) => (Math.abs(weight) > Math.abs(own[best]!) ? k : best), 0);
      const named = classes[nGroups === 1 ? 1 : group]!;
      return { term, share: sum / total, weight: own[group]!, class: named };
    })
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}
