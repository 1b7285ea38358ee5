import type { Columns } from "../../settings/columns-settings";
import type { TfidfSettings } from "../../settings/features-settings";
import type { TreeEnsemble } from "./tree-ensemble";

/** All that scoring needs: no code, no pickle. `bundle-files` writes and reads it as files. */
export interface ModelBundle {
  formatVersion: 1;
  /** Normalised labels; for binary `[negative, positive]`, the order of probabilities everywhere. */
  classes: string[];
  /** Columns the model was trained on. */
  columns: Columns;
  features: TfidfSettings;
  /** Terms in column order (ascending code points, as scikit-learn sorts them): nTerms. */
  terms: string[];
  /** Inverse document frequency a term: nTerms; all 1 when `use_idf` is off. */
  idf: Float64Array;
  ensemble: TreeEnsemble;
}
