import { createTfidfTransform } from "../text/tfidf-transform";
import { createCalibrate } from "./calibration";
import { createDecider, type Decider } from "./decision-rule";
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
  /** Absent if the model has no decision rule. */
  readonly decider?: Decider;
}

/** The plain path from text to label: what every faster path is compared with. */
export function createClassifier(bundle: ModelBundle): Classifier {
  const features = createTfidfTransform(bundle);
  const scorer = createScorer(bundle.ensemble);
  const calibrate = bundle.calibration && createCalibrate(bundle.calibration);
  const predictFeatures = (row: FeatureRow, out: Float64Array) => {
    scorer.probabilities(row, out);
    calibrate?.(out);
    return predictedClass(out, 0, bundle.classes.length);
  };
  return {
    classes: bundle.classes,
    features,
    predictFeatures,
    predict: (text, out) => predictFeatures(features(text), out),
    ...(bundle.decision && { decider: createDecider(bundle.decision, bundle.classes) }),
  };
}
