import type { Classifier } from "./classifier";
import type { FeatureRow } from "./tree-scorer";

/** Whether a text has none of the model's terms, after stop words and n-grams: its TF-IDF row is empty. */
export function isWithoutTerms(row: FeatureRow): boolean {
  return row.indices.length === 0;
}

/** The class of every text that has none of the model's terms: what the model says if all features are absent. */
export function labelWithoutTerms(classifier: Classifier): string {
  const empty = { indices: [], values: [] };
  const label = classifier.predictFeatures(empty, new Float64Array(classifier.classes.length));
  return classifier.classes[label]!;
}
