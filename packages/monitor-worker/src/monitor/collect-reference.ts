import type { DriftReference } from "../drift/drift-reference";
import { DriftWindow } from "../drift/drift-window";
import type { RowSource } from "../rows/monitored-rows";
import type { MonitoredModel } from "./monitored-model";

/** Rows to compare with, not yet read. */
export interface OpenReference {
  path: string;
  source: RowSource;
}

/** Counts the rows that drift is compared with, in the bins of the model's profile; undefined if it has none. */
export async function collectReference(
  { path, source }: OpenReference,
  { profile, terms, tokenise, holdsNoTerm, classifier }: MonitoredModel,
  signal: AbortSignal,
): Promise<DriftReference | undefined> {
  if (!profile) return undefined;
  const window = new DriftWindow(profile, terms, tokenise, holdsNoTerm);
  const nClasses = classifier.classes.length;
  for await (const { count, texts, predicted, probabilities } of source.batches()) {
    signal.throwIfAborted();
    for (let row = 0; row < count; row++) {
      window.addPrediction(predicted[row]!, probabilities.subarray(row * nClasses, (row + 1) * nClasses));
      if (texts) window.addText(texts[row]!);
    }
  }
  return { path, counts: window.counts };
}
