import type { RecordScanner } from "@colaml/shared/tables/record-scanner";
import type { RejectReason } from "@colaml/shared/tables/rejected-rows";

/** The fields of one record as strings. */
export interface ReadFields {
  text: string;
  /** Absent: the row number serves. */
  id?: string;
  passThrough: string[];
}

/** Reads the record that the scanner is at, or says why it is left out. */
export type ReadRecord = (range: Buffer, scanner: RecordScanner) => ReadFields | { reason: RejectReason };
