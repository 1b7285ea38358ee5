import { ColaError } from "../errors/cola-error";
import type { Dialect } from "./dialect";
import { type RecordEnd, recordEnd } from "./record-end";
import { RecordScanner } from "./record-scanner";

/** Bytes read behind a target at first: the rest of the record it falls into. */
const LOOK_AHEAD = 65_536;
/** A record is looked for in at most so much; a longer one is passed over in steps of it. */
const LONG_RECORD_STEP = 4_194_304;

/** Bytes by offset: a file, or what stands for one. */
export interface ByteSource {
  /** Bytes at `offset`, fewer only at the end. The buffer is good until the next call. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A stretch of whole records. */
export interface ByteRange {
  start: number;
  end: number;
  /** The stretch is one record that is too long to be read, and has not to be read again. */
  oversize?: OversizeRecord;
}

export interface OversizeRecord {
  reason: "record too large" | "broken quoting";
  /** Line ends in it. */
  lines: number;
}

/**
 * The range of whole records that begins at `start` and reaches `chunkBytes` further, or a little more. If the
 * record there is too long to be held, the range ends before it, and the next one is only that record, marked
 * `oversize`. The same `start` gives the same range, whoever asks. Absent at the end of the source.
 */
export async function nextRange(
  source: ByteSource,
  start: number,
  chunkBytes: number,
  dialect: Dialect,
): Promise<ByteRange | undefined> {
  for (let wanted = chunkBytes + LOOK_AHEAD; ; wanted *= 2) {
    const buffer = await source.read(start, wanted);
    if (buffer.length === 0) return undefined;
    const more = buffer.length === wanted;
    const found = recordEnd(buffer, 0, Math.min(chunkBytes, buffer.length) - 1, dialect, more);
    if (found.end !== undefined) return { start, end: start + found.end };
    if (wanted >= chunkBytes + LONG_RECORD_STEP) {
      const border = lastBorder(buffer, dialect);
      if (border > 0) return { start, end: start + border };
      const lines = countLines(buffer.subarray(0, found.resume), dialect.newline);
      return endOfLongRecord(source, { start, stopped: found, lines }, dialect);
    }
  }
}

/**
 * Start of the last record that begins in `buffer`, which does not hold the end of that record. Halves the places it
 * may be at: from record to record, each search for a quote would run through the long record behind them.
 */
function lastBorder(buffer: Buffer, dialect: Dialect): number {
  let border = 0;
  let beyond = buffer.length;
  while (border < beyond) {
    const middle = border + Math.floor((beyond - border) / 2);
    // whether a line end lies within quotes is known from as many bytes behind it as a field may have
    const seen = buffer.subarray(0, beyond + dialect.maxRecordBytes + 2);
    const { end } = recordEnd(seen, border, middle, dialect, true);
    if (end === undefined || end > beyond) beyond = middle;
    else border = end;
  }
  return border;
}

/**
 * Continues from the place at which the search for its end stopped, until the record ends; holds one step of it at a time, and never
 * goes back: an inflated source only flows forwards.
 */
async function endOfLongRecord(
  source: ByteSource,
  { start, stopped, lines: linesBefore }: { start: number; stopped: RecordEnd; lines: number },
  dialect: Dialect,
): Promise<ByteRange> {
  let position = start + stopped.resume;
  let inBrokenLine = stopped.inBrokenLine === true;
  let lines = linesBefore;
  for (;;) {
    // one byte of context tells whether a quote at the position opens a field
    const context = position > start ? 1 : 0;
    const buffer = await source.read(position - context, LONG_RECORD_STEP + context);
    const more = buffer.length === LONG_RECORD_STEP + context;
    const found = inBrokenLine
      ? lineEnd(buffer, context, dialect, more)
      : recordEnd(buffer, context, context, dialect, more);
    inBrokenLine ||= found.inBrokenLine === true;
    const reached = found.end ?? found.resume;
    lines += countLines(buffer.subarray(context, reached), dialect.newline);
    if (found.end !== undefined) {
      const reason = inBrokenLine ? "broken quoting" : "record too large";
      return { start, end: position - context + found.end, oversize: { reason, lines } };
    }
    // a search that stands still would stand still for ever, and its worker with it
    if (reached <= context)
      throw new ColaError("INTERNAL", `no record end is found from byte ${position} on`);
    position += reached - context;
  }
}

/** The end of a broken record: the next line end, whatever stands before it. */
function lineEnd(buffer: Buffer, from: number, { newline }: Dialect, more: boolean): RecordEnd {
  const line = buffer.indexOf(newline, from);
  if (line >= 0) return { end: line + 1, resume: line + 1 };
  return more ? { resume: buffer.length } : { end: buffer.length, resume: buffer.length };
}

/** Line ends in some bytes. */
export function countLines(bytes: Buffer, newline: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

/** Records in `range`, broken ones included: what row numbers count. */
export function countRecords(range: Buffer, dialect: Dialect): number {
  const scanner = new RecordScanner(dialect, 0);
  scanner.open(range);
  let records = 0;
  while (scanner.next() !== "end") records++;
  return records;
}
