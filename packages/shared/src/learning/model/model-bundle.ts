import type { Columns } from "../../settings/columns-settings";
import type { TfidfSettings } from "../../settings/features-settings";
import { type Ensemble, isLinear } from "./ensemble";

/** All that scoring needs: no code, no pickle. `bundle-files` writes and reads it as files. */
export interface ModelBundle {
  /** As `formatVersionOf`: what a release that does not know the version must not read. */
  formatVersion: 1 | 2;
  /** Normalised labels; for binary `[negative, positive]`, the order of probabilities everywhere. */
  classes: string[];
  /** Columns the model was trained on. */
  columns: Columns;
  features: TfidfSettings;
  /** Terms in column order (ascending code points within a part, as scikit-learn sorts them): nTerms. */
  terms: string[];
  /** Terms of each part of a union, in the order of its analyzers; absent: one part has all. */
  partSizes?: number[] | undefined;
  /** Inverse document frequency a term: nTerms; all 1 when `use_idf` is off. */
  idf: Float64Array;
  ensemble: Ensemble;
}

/**
 * The oldest version of the format that can say what a model is: 1 holds trees on words; 2 linear models, features
 * of several parts or of characters, and stripped accents.
 */
export function formatVersionOf({ features, ensemble }: Pick<ModelBundle, "features" | "ensemble">): 1 | 2 {
  const { analyzer, strip_accents } = features;
  return isLinear(ensemble) || analyzer !== undefined || strip_accents !== undefined ? 2 : 1;
}
