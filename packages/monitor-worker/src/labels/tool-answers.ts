import type { LabelTool } from "@colaml/shared/contracts/labels";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { isRecord, type ToolRecord } from "./tool-records";

/** What people answered about one row. */
export interface RowAnswers {
  /** Blank: the record does not say which row it is. */
  id: string;
  /** One per person who answered. */
  labels: string[];
  /** Answers that are no label: skipped, draft, discarded, or several choices at once. */
  unusable: number;
  /** Of the labels, those of which the export does not say whether they were handed in; absent: of none. */
  withoutStatus?: number;
}

/** Where ids and labels are looked for, beside the names that `cola review` gives them. */
export interface ToolColumns {
  label: string;
  id: string;
}

/** Keys that `cola review` writes. */
const ROW_ID = "row_id";
const QUESTION = "label";

/**
 * The answers in an export of a tool.
 *
 * @throws ColaError LABELS_INVALID if nothing says which question holds the label
 */
export function answersOf(
  records: readonly ToolRecord[],
  tool: LabelTool,
  columns: ToolColumns,
): RowAnswers[] {
  return tool === "argilla" ? argillaAnswers(records, columns) : labelStudioAnswers(records, columns);
}

/** JSON has annotations inside of tasks; CSV and JSON-MIN have a line per annotation. */
function labelStudioAnswers(records: readonly ToolRecord[], columns: ToolColumns): RowAnswers[] {
  const isNested = records.some((task) => annotationsOf(task) !== undefined);
  if (!isNested) {
    const names = new Set(records.flatMap((row) => Object.keys(row)));
    const question = questionOf(names, [columns.label, QUESTION, "choice"], false);
    // `id` is the number of the task there, whatever the id of the row was
    const ids = [ROW_ID, columns.id].filter((name) => name !== "id");
    return records.map((row) => ({ id: firstText(row, ids), ...answerOf(choicesOf(row[question])) }));
  }
  const results = (annotation: ToolRecord) =>
    listOf(annotation["result"]).filter(({ type }) => type === "choices");
  const names = records.flatMap((task) =>
    (annotationsOf(task) ?? []).flatMap((annotation) =>
      results(annotation).map((each) => String(each["from_name"])),
    ),
  );
  const question = questionOf(new Set(names), [columns.label, QUESTION], true);
  return records.map((task) => {
    const data = isRecord(task["data"]) ? task["data"] : {};
    const answers = (annotationsOf(task) ?? []).map((annotation) => {
      const isSkipped = annotation["was_cancelled"] === true || annotation["skipped"] === true;
      const given = results(annotation).filter((each) => each["from_name"] === question);
      return answerOf(isSkipped ? [] : given.flatMap((each) => choicesOf(each["value"])));
    });
    return joined(firstText(data, [ROW_ID, columns.id, "id"]), answers);
  });
}

/** `completions` is what releases before 1.0 called annotations. */
function annotationsOf(task: ToolRecord): ToolRecord[] | undefined {
  const found = task["annotations"] ?? task["completions"];
  return Array.isArray(found) ? found.filter(isRecord) : undefined;
}

/** `{"choices": ["a"]}`, also as JSON in a cell; or the choice as it is. */
function choicesOf(value: unknown): string[] {
  if (isRecord(value)) return textsOf(value["choices"]);
  if (typeof value !== "string" || !/^\s*[{[]/.test(value)) return textsOf(value);
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) ? textsOf(parsed["choices"]) : textsOf(parsed);
  } catch {
    return textsOf(value);
  }
}

/**
 * `responses` by question, which Argilla's SDK (2.8) writes without their status; or, flattened, columns
 * `<question>.responses` and `<question>.responses.status`.
 */
function argillaAnswers(records: readonly ToolRecord[], columns: ToolColumns): RowAnswers[] {
  const isNested = records.some((record) => isRecord(record["responses"]));
  const names = isNested
    ? records.flatMap((record) => (isRecord(record["responses"]) ? Object.keys(record["responses"]) : []))
    : records.flatMap((record) =>
        Object.keys(record).flatMap((name) => /^(.+)\.responses$/.exec(name)?.[1] ?? []),
      );
  const question = questionOf(new Set(names), [columns.label, QUESTION], true);
  return records.map((record) => {
    const metadata = isRecord(record["metadata"]) ? record["metadata"] : record;
    const id = firstText(metadata, [columns.id]) || firstText(record, ["id"]);
    const given = isNested ? nestedResponses(record, question) : flatResponses(record, question);
    const answers = given.map(({ value, status }) => ({
      ...answerOf(isFinal(status) ? textsOf(value) : []),
      hasStatus: status !== undefined && status !== null,
    }));
    const withoutStatus = answers.filter(({ labels, hasStatus }) => labels.length > 0 && !hasStatus).length;
    return { ...joined(id, answers), withoutStatus };
  });
}

interface Response {
  value: unknown;
  status: unknown;
}

function nestedResponses({ responses }: ToolRecord, question: string): Response[] {
  const given = isRecord(responses) ? listOf(responses[question]) : [];
  return given.map(({ value, status }) => ({ value, status }));
}

function flatResponses(record: ToolRecord, question: string): Response[] {
  const values = cellList(record[`${question}.responses`]);
  const statuses = cellList(record[`${question}.responses.status`]);
  return values.map((value, i) => ({ value, status: statuses[i] }));
}

/** An answer that its author has not handed in, or has taken back, is not one. */
const isFinal = (status: unknown) => status !== "draft" && status !== "discarded";

/**
 * A list in a cell: JSON, or as Python (`['a', "b's"]`, None) and numpy (`['a' 'b']`) write it; the cell itself if it is
 * no list.
 */
function cellList(cell: unknown): unknown[] {
  if (Array.isArray(cell)) return cell;
  if (typeof cell !== "string" || cell.trim() === "") return [];
  const inner = /^\s*\[(.*)\]\s*$/s.exec(cell)?.[1];
  if (inner === undefined) return [cell];
  try {
    return JSON.parse(cell) as unknown[];
  } catch {
    const items = inner.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s,'"]+/gs) ?? [];
    return items.map((item) =>
      /^['"]/.test(item) ? item.slice(1, -1).replace(/\\(['"\\])/g, "$1") : bareItem(item),
    );
  }
}

const bareItem = (item: string) => (item === "None" || item === "nan" ? null : item);

/** The question that holds the label: one of those wanted, or the only one there is. */
function questionOf(names: ReadonlySet<string>, wanted: readonly string[], onlyOne: boolean): string {
  const found =
    wanted.find((name) => names.has(name)) ?? (onlyOne && names.size === 1 ? [...names][0] : undefined);
  if (found !== undefined) return found;
  if (names.size === 0) return wanted[0]!;
  const listed = [...names].slice(0, 30).map((name) => JSON.stringify(name));
  throw new ColaError(
    "LABELS_INVALID",
    `no question of the export is called ${wanted.join(" or ")}; there are: ${listed.join(", ")}. Name it with --label-column`,
  );
}

function answerOf(labels: readonly string[]): Pick<RowAnswers, "labels" | "unusable"> {
  return labels.length === 1 ? { labels: [labels[0]!], unusable: 0 } : { labels: [], unusable: 1 };
}

function joined(id: string, answers: readonly Pick<RowAnswers, "labels" | "unusable">[]): RowAnswers {
  return {
    id,
    labels: answers.flatMap(({ labels }) => labels),
    unusable: answers.reduce((sum, { unusable }) => sum + unusable, 0),
  };
}

const listOf = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Texts, numbers and truth values as texts; nothing else is a label. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  return typeof value === "string" && value.trim() !== "" ? [value] : [];
}

function firstText(record: ToolRecord, names: readonly string[]): string {
  for (const name of names) {
    const [text] = textsOf(record[name]);
    if (text !== undefined) return text.trim();
  }
  return "";
}
