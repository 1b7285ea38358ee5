import type { ChunkPlan } from "@colaml/shared/jobs/predict-chunk";
import type { ReadRecord } from "./read-record";

/** Reads NDJSON: an object a line. Values that are no strings are written as JSON writes them. */
export function jsonRecordReader({ input, output }: ChunkPlan): ReadRecord {
  return (range, scanner) => {
    const record = parseObject(range.toString("utf8", scanner.recordStart, scanner.recordEnd));
    if (record === undefined) return { reason: "not a JSON object" };
    const text = record.get(input.text.name);
    if (typeof text !== "string" || text.trim() === "") return { reason: "no text" };
    const id = input.id && record.get(input.id.name);
    return {
      text,
      ...(input.id && { id: asText(id) }),
      passThrough: output.passThrough.map(({ name }) => asText(record.get(name))),
    };
  };
}

/** A map, because `__proto__` is a name like any other. */
function parseObject(line: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
