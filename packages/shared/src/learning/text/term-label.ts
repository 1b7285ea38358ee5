import type { Analyzer, TfidfSettings } from "../../settings/features-settings";
import { featureParts, partColumns } from "./feature-parts";

/**
 * A term as people read it: a word as it is, an n-gram of characters in quotes behind its analyzer, so that its spaces
 * are seen and it is not taken for a word.
 *
 * @example termLabel(" th", "char_wb") // `char_wb" th"`
 */
export function termLabel(term: string, analyzer: Analyzer): string {
  return analyzer === "word" ? term : `${analyzer}${JSON.stringify(term)}`;
}

/** The terms of a model, and of which part each is. */
export interface ModelTerms {
  features: TfidfSettings;
  terms: readonly string[];
  partSizes?: readonly number[] | undefined;
}

/** The analyzer that a column's term is of. O(parts). */
export function analyzerOf({ features, terms, partSizes }: ModelTerms): (column: number) => Analyzer {
  const parts = featureParts(features);
  const columns = partColumns(terms.length, partSizes);
  return (column) => parts[columns.findIndex(([, to]) => column < to)]!.analyzer;
}

/** The label of each column: nTerms. */
export function termLabels(model: ModelTerms): string[] {
  const of = analyzerOf(model);
  return model.terms.map((term, column) => termLabel(term, of(column)));
}
