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
  /** Terms in column order (ascending code points, as scikit-learn sorts them): nTerms. */
  terms: string[];
  /** Inverse document frequency a term: nTerms; all 1 when `use_idf` is off. */
  idf: Float64Array;
  ensemble: Ensemble;
}

/** Version of a bundle's format: 1 holds trees, which every release reads; 2 holds a linear model. */
export function formatVersionOf(ensemble: Ensemble): ModelBundle["formatVersion"] {
  return isLinear(ensemble) ? 2 : 1;
}
