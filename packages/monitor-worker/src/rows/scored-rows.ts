import type { Dataset } from "@colaml/shared/contracts/names";
import type { Decider } from "@colaml/shared/learning/model/decision-rule";
import type { TextColumns } from "@colaml/shared/settings/text-columns";
import { type MonitoredRows, openRows, type RowSource, rejectedOf } from "./monitored-rows";
import { rowLabels } from "./row-labels";

/** What is needed of a model to score texts. */
export interface TextClassifier {
  readonly classes: readonly string[];
  /** Absent if the model has no decision rule. */
  readonly decider?: Decider;
  predict(text: string, out: Float64Array): number;
}

/**
 * The rows of a file with texts, scored by the model.
 *
 * @param columns `labelRequired` if somebody named the column: then a file without it is refused
 */
export async function openScoredRows(
  dataset: Dataset,
  columns: { text: TextColumns; label: string; id: string; labelRequired: boolean },
  classifier: TextClassifier,
): Promise<RowSource> {
  const required = columns.labelRequired ? [columns.label] : [];
  const optional = columns.labelRequired ? [columns.id] : [columns.label, columns.id];
  const open = await openRows(dataset, columns.text, required, optional);
  const column = (name: string) => (open.columns.has(name) ? open.indexOf(name) : -1);
  const labelsOf = rowLabels(dataset, classifier.classes);
  const [labelAt, idAt] = [column(columns.label), column(columns.id)];
  return {
    ...(labelAt < 0 ? { labelsAbsent: `the file has no column ${JSON.stringify(columns.label)}` } : {}),
    rejected: () => rejectedOf(open.reader),
    async *batches() {
      for await (const { texts, others } of open.batches()) {
        yield {
          ...scored(texts, classifier),
          ...(labelAt < 0 ? {} : { labels: labelsOf(others[labelAt]!) }),
          ...(idAt < 0 ? {} : { ids: others[idAt]! }),
        };
      }
    },
  };
}

function scored(texts: readonly string[], classifier: TextClassifier): MonitoredRows {
  const nClasses = classifier.classes.length;
  const probabilities = new Float64Array(texts.length * nClasses);
  const predicted = new Int32Array(texts.length);
  const { decider } = classifier;
  const abstained = decider && new Uint8Array(texts.length);
  for (const [row, text] of texts.entries()) {
    const out = probabilities.subarray(row * nClasses, (row + 1) * nClasses);
    const label = classifier.predict(text, out);
    predicted[row] = label;
    if (abstained && decider!.decide(out, label) === nClasses) abstained[row] = 1;
  }
  return { count: texts.length, texts, predicted, probabilities, ...(abstained && { abstained }) };
}
