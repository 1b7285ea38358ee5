import type { Analyzer } from "../../settings/features-settings";
import { analyzerOf } from "../text/term-label";
import type { Classifier } from "./classifier";
import { createExplainer } from "./explainer";
import type { ModelBundle } from "./model-bundle";

/** Term of the summed entry of an explanation: the model's terms that are not in the text. */
export const ABSENT_TERMS = "(absent)";

/** What a term did to the margin of the label: above 0 it spoke for it. */
export interface TermContribution {
  term: string;
  /** Of n-grams of characters: how they are counted; their spaces are as they stand. */
  analyzer?: "char" | "char_wb";
  contribution: number;
  /** Only of the summed entry, whose term is `(absent)`. */
  absent?: true;
}

/**
 * Terms that pushed a text towards the class it was given, strongest first, at most `most`; after them one entry for
 * all terms that the text lacks.
 */
export type Explain = (text: string, label: number, most: number) => TermContribution[];

/**
 * Explains a label by the terms of the text that moved its margin, the strongest first: see `createExplainer`. Terms
 * that are not in the text contribute to trees by their absence, often as much as those that are: they come last,
 * summed up in one entry. A linear model has no such entry. Binary models speak for the second class: for the first,
 * signs turn.
 */
export function createExplain(bundle: ModelBundle, classifier: Classifier): Explain {
  const contributionsOf = createExplainer(bundle.ensemble);
  const analyzer = analyzerOf(bundle);
  const binary = bundle.ensemble.nGroups === 1;
  return (text, label, most) => {
    const row = classifier.features(text);
    const { byFeature } = contributionsOf(row)[binary ? 0 : label]!;
    const sign = binary && label === 0 ? -1 : 1;
    const present = new Set(Array.from(row.indices));
    const named = [...byFeature]
      .filter(([feature, contribution]) => present.has(feature) && contribution !== 0)
      .sort(([f, a], [g, b]) => Math.abs(b) - Math.abs(a) || f - g)
      .slice(0, most)
      .map(
        ([feature, contribution]): TermContribution => ({
          term: bundle.terms[feature]!,
          ...unlessWord(analyzer(feature)),
          contribution: sign * contribution,
        }),
      );
    let absent = 0;
    for (const [feature, contribution] of byFeature) if (!present.has(feature)) absent += contribution;
    if (absent === 0) return named;
    return [...named, { term: ABSENT_TERMS, contribution: sign * absent, absent: true }];
  };
}

const unlessWord = (analyzer: Analyzer) => (analyzer === "word" ? {} : { analyzer });
