import { type Ensemble, isLinear } from "./ensemble";
import { createLinearExplainer } from "./linear-contributions";
import { createTreeExplainer, type Explainer } from "./path-contributions";

/**
 * What moves the margins of a model's rows: path contributions of trees, weight times value of a linear model. Bias
 * and contributions add up to the margin (to about 1e-6).
 */
export function createExplainer(ensemble: Ensemble): Explainer {
  return isLinear(ensemble) ? createLinearExplainer(ensemble) : createTreeExplainer(ensemble);
}
