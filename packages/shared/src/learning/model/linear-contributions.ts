import type { LinearEnsemble } from "./linear-ensemble";
import type { Explainer, PathContributions } from "./path-contributions";

/**
 * Contributions of a linear model: weight times value of each feature that the row has, exactly. Absent features
 * contribute nothing. Bias and contributions add up to the row's margin (float64 here, so to about 1e-6 of the
 * float32 margin), as XGBoost's `pred_contribs` of a `gblinear` model.
 */
export function createLinearExplainer({ nGroups, baseMargin, bias, weights }: LinearEnsemble): Explainer {
  return ({ indices, values }) =>
    Array.from({ length: nGroups }, (_, group): PathContributions => {
      const byFeature = new Map<number, number>();
      for (let i = 0; i < indices.length; i++) {
        const weight = weights[indices[i]! * nGroups + group]!;
        if (weight !== 0) byFeature.set(indices[i]!, weight * Math.fround(values[i]!));
      }
      return { bias: baseMargin + bias[group]!, byFeature };
    });
}
