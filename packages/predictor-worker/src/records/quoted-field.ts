import { MAX_RECORD_BYTES } from "@colaml/shared/jobs/predict";
import { CR, type Dialect, LF, QUOTE } from "./dialect";

/** The field is broken: its quote does not close, or something follows the closing one. */
export const BROKEN = -1;
/** More bytes are needed to tell. */
export const UNDECIDED = -2;

/**
 * Offset of the quote that closes the field whose opening quote is at `open`; `BROKEN`; or, where `buffer` ends
 * before the file does (`more`), `UNDECIDED`. O(length of the field).
 */
export function closingQuote(buffer: Buffer, open: number, dialect: Dialect, more: boolean): number {
  const length = buffer.length;
  let close = open;
  for (;;) {
    close = buffer.indexOf(QUOTE, close + 1);
    if (close < 0) return more && length - open <= MAX_RECORD_BYTES + 1 ? UNDECIDED : BROKEN;
    if (close - open > MAX_RECORD_BYTES) return BROKEN;
    if (close + 1 === length) return more ? UNDECIDED : close;
    if (buffer[close + 1] !== QUOTE) break;
    close++;
  }
  const after = buffer[close + 1]!;
  if (after === dialect.delimiter || after === dialect.newline) return close;
  if (after !== CR || dialect.newline !== LF) return BROKEN;
  if (close + 2 === length) return more ? UNDECIDED : close;
  return buffer[close + 2] === LF ? close : BROKEN;
}
