import type { Columns } from "../../settings/columns-settings";
import type { TfidfSettings } from "../../settings/features-settings";
import type { Calibration } from "./calibration";
import type { DecisionRule } from "./decision-rule";
import { type Ensemble, isLinear } from "./ensemble";

/** Format version of a bundle that is calibrated or has a decision rule: a release that reads less would leave it out. */
export const DECISIONS_VERSION = 3;

/** All that scoring needs: no code, no pickle. `bundle-files` writes and reads it as files. */
export interface ModelBundle {
  /** As `formatVersionOf`: what a release that does not know the version must not read. */
  formatVersion: 1 | 2 | typeof DECISIONS_VERSION;
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
  /** Changes the ensemble's probabilities; absent: they are the model's. */
  calibration?: Calibration | undefined;
  /** Absent: predictions have no column `decision`. */
  decision?: DecisionRule | undefined;
}

/**
 * The oldest version of the format that can say what a model is: 1 holds trees on words; 2 linear models, features
 * of several parts or of characters, and stripped accents; 3 a calibration and a decision rule.
 */
export function formatVersionOf({
  features,
  ensemble,
  calibration,
  decision,
}: Pick<ModelBundle, "features" | "ensemble" | "calibration" | "decision">): ModelBundle["formatVersion"] {
  if (calibration || decision) return DECISIONS_VERSION;
  const { analyzer, strip_accents } = features;
  return isLinear(ensemble) || analyzer !== undefined || strip_accents !== undefined ? 2 : 1;
}
