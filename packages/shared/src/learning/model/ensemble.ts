import type { LinearEnsemble } from "./linear-ensemble";
import { createLinearScorer } from "./linear-scorer";
import type { TreeEnsemble } from "./tree-ensemble";
import { createTreeScorer, type EnsembleScorer } from "./tree-scorer";

/** What a booster gives: trees (`gbtree`) or a linear model (`gblinear`). */
export type Ensemble = TreeEnsemble | LinearEnsemble;

/** Whether a model is a linear one. */
export function isLinear(ensemble: Ensemble): ensemble is LinearEnsemble {
  return "weights" in ensemble;
}

/** The scorer of a model, whichever booster made it: see `createTreeScorer` and `createLinearScorer`. */
export function createScorer(ensemble: Ensemble): EnsembleScorer {
  return isLinear(ensemble) ? createLinearScorer(ensemble) : createTreeScorer(ensemble);
}
