import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { WindowCounts } from "./drift-window";

/** Rows to compare with instead of the training's, such as recent weeks, in the bins of the model's profile. */
export interface DriftReference {
  path: string;
  counts: WindowCounts;
}

/**
 * The profile with another window's counts for its own. How alike neighbouring rows are, and how words come together,
 * stays what training measured.
 */
export function profileOfReference(profile: ReferenceProfile, { counts }: DriftReference): ReferenceProfile {
  const { terms, textLength, outOfVocabulary, score, labels } = profile;
  return {
    ...profile,
    rows: counts.rows,
    terms: { ...terms, documentFrequency: [...counts.documentFrequency] },
    textLength: { ...textLength, counts: [...counts.textLength] },
    outOfVocabulary: { ...outOfVocabulary, counts: [...counts.outOfVocabulary] },
    tokens: counts.tokens,
    score: { ...score, counts: [...counts.score] },
    labels: { ...labels, predicted: [...counts.predicted] },
  };
}
