import type { Classifier } from "@colaml/shared/model/classifier";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
import { createExplainer } from "@colaml/shared/model/path-contributions";
import type { Explain } from "./chunk-scorer";

/**
 * Explains a label by the terms of the text that moved its margin, the strongest first: path contributions of the
 * trees (see `createExplainer`). A term that is not in the text can contribute by its absence; only terms of the
 * text are named. Binary trees speak for the second class: for the first, signs turn.
 */
export function createExplain(bundle: ModelBundle, classifier: Classifier): Explain {
  const contributionsOf = createExplainer(bundle.ensemble);
  const binary = bundle.ensemble.nGroups === 1;
  return (text, label, most) => {
    const row = classifier.features(text);
    const { byFeature } = contributionsOf(row)[binary ? 0 : label]!;
    const sign = binary && label === 0 ? -1 : 1;
    const present = new Set(Array.from(row.indices));
    return [...byFeature]
      .filter(([feature, contribution]) => present.has(feature) && contribution !== 0)
      .sort(([f, a], [g, b]) => Math.abs(b) - Math.abs(a) || f - g)
      .slice(0, most)
      .map(([feature, contribution]) => ({
        term: bundle.terms[feature]!,
        contribution: sign * contribution,
      }));
  };
}
