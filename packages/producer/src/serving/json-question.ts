import { isUtf8 } from "node:buffer";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { parse } from "lossless-json";
import { type Question, questionOf, type Reading } from "./body-texts";

/**
 * The texts of a JSON body of MLflow's protocol. A number that stands for a text is the text of its source: 1.0 stays
 * `1.0`, and an id of 18 digits is not rounded.
 *
 * @throws ColaError JOB_INVALID, COLUMN_NOT_FOUND, INPUT_TOO_LARGE
 */
export function jsonQuestion(body: Buffer, reading: Reading): Question {
  if (!isUtf8(body)) throw new ColaError("JOB_INVALID", "the body is not UTF-8");
  const source = withoutMark(body);
  let hasNumbers = false;
  const question = questionOf(parsed(source), reading, (cell) => {
    if (typeof cell === "number") hasNumbers = true;
    return textOfCell(cell);
  });
  if (!hasNumbers) return question;
  const asWritten = parsedAsWritten(source);
  if (asWritten === undefined) return question;
  // what `params` says is known already: its numbers are texts here
  asWritten["params"] = undefined;
  return { ...questionOf(asWritten, reading, textOfCell), explain: question.explain };
}

/** Number and boolean as JSON writes them; null, lists and objects are not texts. */
function textOfCell(cell: unknown): string | undefined {
  if (typeof cell === "string") return cell;
  return typeof cell === "number" || typeof cell === "boolean" ? String(cell) : undefined;
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new ColaError("JOB_INVALID", `the body is not JSON: ${messageOf(error).slice(0, 200)}`);
  }
}

/**
 * The body with each number as the text that stands for it. Nothing if it is JSON that this slower reader does not
 * take: too deep, or an object with one name and two values.
 */
function parsedAsWritten(source: string): Record<string, unknown> | undefined {
  try {
    return parse(source, undefined, (digits) => digits) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The text without a byte order mark, which Python's reader skips too. */
function withoutMark(body: Buffer): string {
  const text = body.toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
