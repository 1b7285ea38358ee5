import { BACKSLASH, CR, type Dialect, LF } from "./dialect";

/** The field is broken: its quote does not close, or something follows the closing one. */
export const BROKEN = -1;
/** More bytes are needed to decide. */
export const UNDECIDED = -2;

/**
 * Offset of the quote that closes the field whose opening quote is at `open`; `BROKEN`; or, if `buffer` ends
 * before the file does (`more`), `UNDECIDED`. O(length of the field).
 */
export function closingQuote(buffer: Buffer, open: number, dialect: Dialect, more: boolean): number {
  const { maxRecordBytes, quote } = dialect;
  const byBackslash = dialect.quoteEscape === "backslash";
  const length = buffer.length;
  let close = open;
  for (;;) {
    close = buffer.indexOf(quote, close + 1);
    if (close < 0) return more && length - open <= maxRecordBytes + 1 ? UNDECIDED : BROKEN;
    if (close - open > maxRecordBytes) return BROKEN;
    if (byBackslash && isBehindBackslash(buffer, close, open)) continue;
    if (close + 1 === length) return more ? UNDECIDED : close;
    if (buffer[close + 1] !== quote) break;
    close++;
  }
  const after = buffer[close + 1]!;
  if (after === dialect.delimiter || after === dialect.newline) return close;
  if (after !== CR || dialect.newline !== LF) return BROKEN;
  if (close + 2 === length) return more ? UNDECIDED : close;
  return buffer[close + 2] === LF ? close : BROKEN;
}

/** Whether the byte at `at` is escaped: an odd number of backslashes stands before it, behind `open`. */
function isBehindBackslash(buffer: Buffer, at: number, open: number): boolean {
  let first = at;
  while (first - 1 > open && buffer[first - 1] === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

/** Whether the content of a quoted field, `start` to `end`, holds an escape that has to be taken out. */
export function holdsEscape(
  buffer: Buffer,
  start: number,
  end: number,
  { quote, quoteEscape }: Dialect,
): boolean {
  // `end` is the closing quote: the first quote from the start on, unless one inside is escaped
  const first = buffer.indexOf(quote, start);
  if (first >= 0 && first < end) return true;
  return quoteEscape === "backslash" && buffer.subarray(start, end).includes(BACKSLASH);
}

/** Takes the escapes out of the content of a quoted field, in place. Returns its new end. */
export function unescapeField(
  buffer: Buffer,
  start: number,
  end: number,
  { quote, quoteEscape }: Dialect,
): number {
  const byBackslash = quoteEscape === "backslash";
  let to = start;
  for (let from = start; from < end; from++) {
    const byte = buffer[from]!;
    const next = from + 1 < end ? buffer[from + 1]! : 0;
    if (byte === quote && next === quote) from++;
    else if (byBackslash && byte === BACKSLASH && (next === quote || next === BACKSLASH)) {
      buffer[to++] = next;
      from++;
      continue;
    }
    buffer[to++] = byte;
  }
  return to;
}

/** As `unescapeField`, for the content as a string. */
export function unescapeText(content: string, { quote: byte, quoteEscape }: Dialect): string {
  const quote = String.fromCharCode(byte);
  if (quoteEscape !== "backslash")
    return content.includes(quote) ? content.replaceAll(quote + quote, quote) : content;
  return content.replace(/(["'`])\1|\\./gs, (pair) => {
    const isEscape = pair === quote + quote || pair === `\\${quote}` || pair === "\\\\";
    return isEscape ? pair[1]! : pair;
  });
}
