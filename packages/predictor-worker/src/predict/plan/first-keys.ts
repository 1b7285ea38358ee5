import { HEADER_BYTES, type Header } from "@colaml/shared/tables/header";
import { JsonRecord } from "@colaml/shared/tables/json-record";
import { PROBED_OBJECTS } from "@colaml/shared/tables/json-rows";
import { RecordScanner } from "@colaml/shared/tables/record-scanner";

/** Keys of the first objects of an NDJSON file. */
export interface FirstKeys {
  keys: ReadonlySet<string>;
  /** A key that is not among them is not a column: training and monitoring decide by as many objects. */
  decisive: boolean;
}

/** The keys of the first objects in `head`, the file's first `HEADER_BYTES` bytes; lines that are not objects do not count. */
export function readFirstKeys(head: Buffer, { dialect, dataStart }: Header): FirstKeys {
  const isWhole = head.length < HEADER_BYTES;
  const end = isWhole ? head.length : head.lastIndexOf(dialect.newline) + 1;
  const scanner = new RecordScanner(dialect, 1);
  scanner.open(head.subarray(0, end), dataStart);
  const keys = new Set<string>();
  let objects = 0;
  while (objects < PROBED_OBJECTS) {
    const status = scanner.next();
    if (status === "end") break;
    if (status !== "record") continue;
    const record = JsonRecord.parse(head.toString("utf8", scanner.recordStart, scanner.recordEnd));
    if (record === undefined) continue;
    objects++;
    for (const key of record.keys()) keys.add(key);
  }
  return { keys, decisive: objects === PROBED_OBJECTS || (isWhole && objects > 0) };
}
