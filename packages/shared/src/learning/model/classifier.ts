import { createTfidfTransform } from "../text/tfidf-transform";
import { createScorer } from "./ensemble";
import type { ModelBundle } from "./model-bundle";
import { predictedClass } from "./predicted-class";
import type { FeatureRow } from "./tree-scorer";

export interface Classifier {
  readonly classes: readonly string[];
  /** Index of the predicted class; one probability per class is written to `out` (nClasses). */
  predict(text: string, out: Float64Array): number;
  /** The same from the TF-IDF features of a document. */
  predictFeatures(row: FeatureRow, out: Float64Array): number;
  /** TF-IDF features of a document. */
  features(text: string): FeatureRow;
}

/** The plain path from text to label: what every faster path is compared with. */
export function createClassifier(bundle: ModelBundle): Classifier {
  const features = createTfidfTransform(bundle);
  const scorer = createScorer(bundle.ensemble);
  const predictFeatures = (row: FeatureRow, out: Float64Array) => {
    scorer.probabilities(row, out);
    return predictedClass(out, 0, bundle.classes.length);
  };
  return {
    classes: bundle.classes,
    features,
    predictFeatures,
    predict: (text, out) => predictFeatures(features(text), out),
  };
}
