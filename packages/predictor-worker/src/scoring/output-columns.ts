import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { TermContribution } from "@colaml/shared/learning/model/explain";
import { termLabel } from "@colaml/shared/learning/text/term-label";
import { DELIMITER, formatCell } from "@colaml/shared/tables/written-cell";
import { formatProbability } from "./decimal";
import { defuseFormula } from "./defuse-formula";

/** Columns that are ours; an input column copied under one of these names gets `input_` before it. */
const OWN = new Set(["id", "label", "model_version", "explanation"]);

/** What a model answers with: its classes, and whether it decides beside the label. */
export interface AnswerShape {
  classes: readonly string[];
  decides: boolean;
}

/** A scored row, as a writer takes it. */
export interface ScoredRow {
  id: string;
  label: string;
  /** Only of a model with a decision rule. */
  decision?: string;
  probabilities: ArrayLike<number>;
  /** Terms that pushed the label, strongest first; only if asked for. */
  explanation?: TermContribution[];
  passThrough: string[];
}

/**
 * Names of the output's columns in order: id, label, the decision of a model with a rule, a probability per class, model
 * version, and what was asked for.
 */
function outputColumns(output: ChunkPlan["output"], { classes, decides }: AnswerShape): string[] {
  const said = decides ? ["label", "decision"] : ["label"];
  const own = ["id", ...said, ...classes.map((name) => `probability_${name}`), "model_version"];
  if (output.explain > 0) own.push("explanation");
  const taken = new Set([...own, ...OWN]);
  return [...own, ...output.passThrough.map(({ name }) => (taken.has(name) ? `input_${name}` : name))];
}

/** The header line of a delimited output; empty for NDJSON. */
export function outputHeader(output: ChunkPlan["output"], answer: AnswerShape): string {
  const { format } = output;
  if (format === "ndjson") return "";
  const columns = outputColumns(output, answer).map((name) => textCell(output, name));
  return `${columns.join(DELIMITER[format])}\n`;
}

/** A cell or a column's name that somebody else wrote: names of columns, ids, labels, terms, copied values. */
function textCell({ format, spreadsheetSafe }: ChunkPlan["output"], value: string): string {
  return formatCell(spreadsheetSafe ? defuseFormula(value) : value, format as "csv" | "tsv");
}

/** Label, decision, probabilities and model version of a row, as they stand in a delimited output, between delimiters. */
function predictionCells(
  output: ChunkPlan["output"],
  modelVersion: string,
  { label, decision, probabilities }: Prediction,
): string {
  const cells = [textCell(output, label)];
  if (decision !== undefined) cells.push(textCell(output, decision));
  for (let i = 0; i < probabilities.length; i++) cells.push(formatProbability(probabilities[i]!));
  cells.push(modelVersion);
  return cells.join(DELIMITER[output.format as "csv" | "tsv"]);
}

/**
 * `word:+0.1230 "two words":-0.0450 (absent):+0.2000`: contributions to the label's margin, on the logit scale. A
 * term that holds a space, a quote or a colon is quoted as in JSON, and so is each n-gram of characters, behind its
 * analyzer: `char_wb" th":+0.0300`.
 */
function explanationText(explanation: NonNullable<ScoredRow["explanation"]>): string {
  return explanation
    .map(
      ({ term, analyzer, contribution }) =>
        `${analyzer ? termLabel(term, analyzer) : quoted(term)}:${contribution < 0 ? "" : "+"}${contribution.toFixed(4)}`,
    )
    .join(" ");
}

const quoted = (term: string) => (/[\s":]/.test(term) ? JSON.stringify(term) : term);

type Prediction = Pick<ScoredRow, "label" | "decision" | "probabilities" | "explanation">;

/** Label, decision, probabilities, model version and, if asked for, the explanation, with delimiters between. */
export function joinPrediction(output: ChunkPlan["output"], modelVersion: string, row: Prediction): string {
  const format = output.format as "csv" | "tsv";
  const cells = predictionCells(output, modelVersion, row);
  if (output.explain === 0) return cells;
  return `${cells}${DELIMITER[format]}${textCell(output, explanationText(row.explanation ?? []))}`;
}

/** A line of cells that stand as they are to be written. */
export function copiedLine(output: ChunkPlan["output"], cells: readonly Buffer[]): Buffer {
  const delimiter = Buffer.from(DELIMITER[output.format as "csv" | "tsv"]);
  const parts = cells.flatMap((cell, i) => (i === 0 ? [cell] : [delimiter, cell]));
  return Buffer.concat([...parts, Buffer.from("\n")]);
}

/** One line of output, its line end included. */
export function outputLine(
  output: ChunkPlan["output"],
  classes: readonly string[],
  modelVersion: string,
  row: ScoredRow,
): string {
  if (output.format === "ndjson") return `${jsonLine(output, classes, modelVersion, row)}\n`;
  const cells = [row.id, ...row.passThrough].map((value) => textCell(output, value));
  cells.splice(1, 0, joinPrediction(output, modelVersion, row));
  return `${cells.join(DELIMITER[output.format])}\n`;
}

/** Probabilities keep the nine decimals of the delimited formats, so that all formats say the same number. */
function jsonLine(
  output: ChunkPlan["output"],
  classes: readonly string[],
  modelVersion: string,
  row: ScoredRow,
): string {
  const members = [`"id":${JSON.stringify(row.id)}`, `"label":${JSON.stringify(row.label)}`];
  if (row.decision !== undefined) members.push(`"decision":${JSON.stringify(row.decision)}`);
  for (const [i, name] of classes.entries()) {
    members.push(`${JSON.stringify(`probability_${name}`)}:${formatProbability(row.probabilities[i]!)}`);
  }
  members.push(`"model_version":${JSON.stringify(modelVersion)}`);
  if (output.explain > 0) members.push(`"explanation":${JSON.stringify(row.explanation ?? [])}`);
  const answer = { classes, decides: row.decision !== undefined };
  const names = outputColumns(output, answer).slice(-output.passThrough.length);
  for (const [i, value] of row.passThrough.entries()) {
    members.push(`${JSON.stringify(names[i])}:${JSON.stringify(value)}`);
  }
  return `{${members.join(",")}}`;
}
