import { type ChunkPlan, textFieldsOf } from "@colaml/shared/contracts/predict-chunk";
import { joinedText } from "@colaml/shared/tables/joined-text";
import { JsonRecord } from "@colaml/shared/tables/json-record";
import type { ReadRecord } from "./read-record";

/**
 * Reads NDJSON: an object per line. Values that are not strings are written as the input writes them. An object
 * without the id has the row's number for one, as in training and monitoring.
 */
export function jsonRecordReader({ input, output }: ChunkPlan): ReadRecord {
  const missing = input.missingValues ?? "empty";
  const texts = textFieldsOf(input);
  return (range, scanner) => {
    const record = JsonRecord.parse(range.toString("utf8", scanner.recordStart, scanner.recordEnd));
    if (record === undefined) return { reason: "not a JSON object" };
    const text = joinedText(
      texts.map(({ name }) => record.text(name)),
      missing,
    );
    if (text === undefined) return { reason: "no text" };
    return {
      text,
      ...(input.id && record.has(input.id.name) && { id: record.copied(input.id.name) }),
      passThrough: output.passThrough.map(({ name }) => record.copied(name)),
    };
  };
}
