import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import type { Columns } from "@colaml/shared/settings/columns-settings";
import type { TextClassifier } from "../rows/scored-rows";

/** One version of a model, ready to be checked. */
export interface MonitoredModel {
  name: string;
  version: string;
  /** Run of its training. */
  runId: string;
  classifier: TextClassifier;
  /** Terms that drift looks at, and how a text is split into such. */
  terms: readonly string[];
  tokenise: (text: string) => string[];
  /** Whether a text holds no term, `terms` being those of one part of a union; absent: they are all there are. */
  holdsNoTerm?: (text: string) => boolean;
  columns: Columns;
  /** Absent if the model was published without one. */
  profile?: ReferenceProfile;
}
