import { isUtf8 } from "node:buffer";
import { type ChunkPlan, textFieldsOf } from "@colaml/shared/contracts/predict-chunk";
import { checkUtf8Share, InvalidBytes } from "@colaml/shared/tables/encoding";
import { scannerFor } from "../../scoring/plain-record";

/** Rows of a file's beginning whose text is not UTF-8, and some of what they hold. */
export interface InvalidRows {
  rows: number;
  invalid: number;
  sample: Buffer;
}

/** Looks through the records of a file's beginning; the last one may be cut off and does not count. */
export function countInvalidRows(records: Buffer, plan: ChunkPlan): InvalidRows {
  const kept = new InvalidBytes();
  const counted = { rows: 0, invalid: 0 };
  const scanner = scannerFor(plan);
  const end = records.lastIndexOf(plan.input.newline) + 1;
  if (isUtf8(records.subarray(0, end))) return { ...counted, sample: kept.sample };
  scanner.open(records.subarray(0, end));
  for (let status = scanner.next(); status !== "end"; status = scanner.next()) {
    if (status !== "record") continue;
    counted.rows++;
    const damaged = textFieldsOf(plan.input)
      .map(({ place }) =>
        place >= 0 && place < scanner.fieldCount
          ? records.subarray(scanner.starts[place], scanner.ends[place])
          : records.subarray(scanner.recordStart, scanner.recordEnd),
      )
      .find((text) => !isUtf8(text));
    if (damaged === undefined) continue;
    counted.invalid++;
    kept.add(damaged);
  }
  return { ...counted, sample: kept.sample };
}

/** Rows before this many say nothing about a share. */
const LEAST_ROWS = 10_000;

/**
 * Ends a batch whose texts are in another encoding than UTF-8; looked at from 10,000 rows on, and at the end.
 * @throws ColaError INPUT_UNREADABLE
 */
export function checkEncoding(
  path: string,
  counted: { rows: number; invalidUtf8: number },
  atEnd: boolean,
): void {
  if (!atEnd && counted.rows < LEAST_ROWS) return;
  checkUtf8Share(path, { rows: counted.rows, invalid: counted.invalidUtf8 });
}
