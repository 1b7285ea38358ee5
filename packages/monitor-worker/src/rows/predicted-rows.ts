import { ColaError } from "@colaml/shared/errors/cola-error";
import { namedClasses } from "@colaml/shared/learning/model/named-classes";
import { type TextColumns, textColumnList } from "@colaml/shared/settings/text-columns";
import type { Batch } from "@colaml/shared/tables/dataset-reader";
import { PART_END } from "@colaml/shared/tables/joined-text";
import { isMissing } from "@colaml/shared/tables/missing-values";
import { type MonitoredRows, type OpenRows, openRows, type RowSource, rejectedOf } from "./monitored-rows";
import type { TextClassifier } from "./scored-rows";

const ID = "id";
const LABEL = "label";
const DECISION = "decision";
const VERSION = "model_version";
const probabilityOf = (name: string) => `probability_${name}`;

/** What is known of the model that predicted. */
export type PredictedBy = Pick<TextClassifier, "classes" | "decider">;

/**
 * The rows of a finished prediction: id, label and a probability per class, and the text if all its columns were passed
 * through; of the column `decision` only whether the model abstained.
 *
 * @throws ColaError MODEL_MISMATCH if the file has no probability of a class, COLUMN_NOT_FOUND
 */
export async function openPredictedRows(
  path: string,
  text: TextColumns,
  model: PredictedBy,
): Promise<RowSource & { hasTexts: boolean }> {
  const textColumns = textColumnList(text);
  const open = await openPredictions(path, textColumns, model);
  const counters = { unreadable: 0 };
  const hasTexts = textColumns.every((column) => open.columns.has(column));
  const textAt = hasTexts ? textColumns.map((column) => open.indexOf(column)) : [];
  return {
    hasTexts,
    rejected() {
      const { count, reasons } = rejectedOf(open.reader);
      const unreadable = `${counters.unreadable} predictions left out: label or probability cannot be read`;
      return {
        count: count + counters.unreadable,
        reasons: counters.unreadable > 0 ? [...reasons, unreadable] : reasons,
      };
    },
    async *batches() {
      counters.unreadable = 0;
      for await (const batch of open.batches()) yield predictionsOf(batch, open, model, textAt, counters);
    },
  };
}

async function openPredictions(
  path: string,
  textColumns: readonly string[],
  { classes, decider }: PredictedBy,
): Promise<OpenRows> {
  const required = [ID, LABEL, ...classes.map(probabilityOf)];
  const decides = decider && !textColumns.includes(DECISION);
  try {
    return await openRows({ path }, undefined, required, decides ? [...textColumns, DECISION] : textColumns);
  } catch (cause) {
    const column = cause instanceof ColaError ? String(cause.details["column"] ?? "") : "";
    if (!column.startsWith("probability_")) throw cause;
    const message = `${path} was not predicted by this model: it has no column "${column}" (its classes: ${namedClasses(classes)})`;
    throw new ColaError("MODEL_MISMATCH", message, { cause });
  }
}

function predictionsOf(
  { others, lines }: Batch,
  open: OpenRows,
  { classes, decider }: PredictedBy,
  textAt: readonly number[],
  counters: { unreadable: number },
): MonitoredRows {
  const nClasses = classes.length;
  const ids: string[] = [];
  const texts: string[] = [];
  const predicted: number[] = [];
  const abstained: number[] = [];
  const decisionAt = decider && open.columns.has(DECISION) ? open.indexOf(DECISION) : -1;
  const probabilities = new Float64Array(lines.length * nClasses);
  const labelAt = open.indexOf(LABEL);
  const probabilityAt = classes.map((name) => open.indexOf(probabilityOf(name)));
  for (let row = 0; row < lines.length; row++) {
    const label = classes.indexOf(others[labelAt]![row]!);
    const at = predicted.length * nClasses;
    let readable = label >= 0;
    for (let k = 0; k < nClasses; k++) {
      const written = others[probabilityAt[k]!]![row]!;
      const value = written === "" ? Number.NaN : Number(written);
      readable &&= value >= 0 && value <= 1;
      probabilities[at + k] = value;
    }
    if (!readable) {
      counters.unreadable++;
      continue;
    }
    predicted.push(label);
    if (decisionAt >= 0) abstained.push(others[decisionAt]![row] === decider!.names[nClasses] ? 1 : 0);
    ids.push(others[open.indexOf(ID)]![row]!);
    if (textAt.length > 0) texts.push(textOf(textAt.map((at) => others[at]![row]!)));
  }
  return {
    count: predicted.length,
    ids,
    predicted,
    probabilities,
    ...(textAt.length > 0 ? { texts } : {}),
    ...(decisionAt >= 0 ? { abstained } : {}),
  };
}

/** As the predictor joined it; it rejected rows without any part. */
function textOf(parts: readonly string[]): string {
  if (parts.length === 1) return parts[0]!;
  return parts.map((part) => (isMissing(part, "pandas") ? "" : part)).join(PART_END);
}

/** The registry version that made a prediction, by its first row; nothing if the file does not say. */
export async function predictedVersion(path: string): Promise<string | undefined> {
  const open = await openRows({ path }, undefined, [], [VERSION]);
  if (!open.columns.has(VERSION)) return undefined;
  for await (const { others } of open.batches()) return others[open.indexOf(VERSION)]![0];
  return undefined;
}
