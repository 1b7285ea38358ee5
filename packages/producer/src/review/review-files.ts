import type { OutputKind } from "@colaml/shared/files/output-endings";
import type { ReviewRow } from "./pick-rows";

/** Files that a review can be written as. */
export const REVIEW_FORMATS = ["csv", "label-studio", "argilla"] as const;
export type ReviewFormat = (typeof REVIEW_FORMATS)[number];

/** Which endings a format's name may have. */
export const REVIEW_KIND: Record<ReviewFormat, OutputKind> = {
  csv: "reviewCsv",
  "label-studio": "labelStudio",
  argilla: "argilla",
};

/** What is asked, by the name it has in Label Studio and Argilla, and the key of a row's id in a Label Studio task. */
const QUESTION = "label";
const ROW_ID = "row_id";

const CSV_COLUMNS = "id,label,predicted,margin,reason,words,inclusion_probability,weight,text";

/**
 * The file of a review.
 *
 * @param suggest whether the tools show the model's label before anybody answers; it sways who answers
 */
export function reviewFile(rows: readonly ReviewRow[], format: ReviewFormat, suggest: boolean): string {
  if (format === "csv") return `${[CSV_COLUMNS, ...rows.map(csvLine)].join("\n")}\n`;
  if (format === "argilla")
    return rows.map((row) => `${JSON.stringify(argillaRecord(row, suggest))}\n`).join("");
  return `${JSON.stringify(
    rows.map((row) => labelStudioTask(row, suggest)),
    null,
    1,
  )}\n`;
}

function csvLine(row: ReviewRow): string {
  const { id, predicted, margin, reason, words, inclusionProbability, weight, text } = row;
  const cells = [id, "", predicted, margin.toFixed(9), reason, words.join(" ")];
  return [...cells, inclusionProbability ?? "", weight ?? "", text]
    .map((cell) => quoted(String(cell)))
    .join(",");
}

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** What both tools keep beside a text and give back. */
function metadataOf({ reason, margin, words, inclusionProbability, weight }: ReviewRow) {
  return {
    reason,
    margin,
    ...(words.length > 0 ? { words: words.join(" ") } : {}),
    ...(inclusionProbability === undefined ? {} : { inclusion_probability: inclusionProbability, weight }),
  };
}

/** A task of Label Studio; the labelling interface names its text `text` and its choices `label`. */
function labelStudioTask(row: ReviewRow, suggest: boolean) {
  const { id, text, predicted, confidence } = row;
  const result = [{ from_name: QUESTION, to_name: "text", type: "choices", value: { choices: [predicted] } }];
  return {
    // `id` would be replaced by the number of the task when it is exported
    data: { [ROW_ID]: id, text, ...metadataOf(row) },
    ...(suggest ? { predictions: [{ model_version: "colaml", score: confidence, result }] } : {}),
  };
}

/** A record of Argilla with one field, `text`, and one question, `label`: what `Record.from_dict` takes. */
function argillaRecord(row: ReviewRow, suggest: boolean) {
  const { id, text, predicted, confidence } = row;
  const suggestion = { [QUESTION]: { value: predicted, score: confidence, agent: "colaml" } };
  return {
    id,
    fields: { text },
    metadata: metadataOf(row),
    suggestions: suggest ? suggestion : {},
    responses: {},
  };
}
