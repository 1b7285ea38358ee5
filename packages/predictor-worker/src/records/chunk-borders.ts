import type { Dialect } from "./dialect";
import { recordEnd } from "./record-end";
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

/** A stretch of whole records; `oversize` is one record too long to be scored. */
export interface ByteRange {
  start: number;
  end: number;
  oversize: boolean;
}

/**
 * The range of whole records that begins at `start` and reaches `chunkBytes` further, or a little more. Where the
 * record there is too long to be held, the range ends before it, and the next one is that record alone, marked
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
    if (found.end !== undefined) return { start, end: start + found.end, oversize: false };
    if (wanted >= chunkBytes + LONG_RECORD_STEP) {
      const border = lastBorder(buffer, dialect);
      if (border > 0) return { start, end: start + border, oversize: false };
      return {
        start,
        end: await endOfLongRecord(source, start, start + found.resume, dialect),
        oversize: true,
      };
    }
  }
}

/** Start of the last record that begins in `buffer`, which does not hold the end of that record. */
function lastBorder(buffer: Buffer, dialect: Dialect): number {
  let border = 0;
  for (;;) {
    const { end } = recordEnd(buffer, border, border, dialect, true);
    if (end === undefined) return border;
    border = end;
  }
}

/** Walks on from `from`, which is outside quotes, until the record ends; holds one step of it at a time. */
async function endOfLongRecord(
  source: ByteSource,
  start: number,
  from: number,
  dialect: Dialect,
): Promise<number> {
  let position = from;
  for (;;) {
    // one byte of context tells whether a quote at the position opens a field
    const context = position > start ? 1 : 0;
    const buffer = await source.read(position - context, LONG_RECORD_STEP + context);
    const more = buffer.length === LONG_RECORD_STEP + context;
    const found = recordEnd(buffer, context, context, dialect, more);
    if (found.end !== undefined) return position - context + found.end;
    position = position - context + found.resume;
  }
}

/** Records in `range`, broken ones included: what row numbers count. */
export function countRecords(range: Buffer, dialect: Dialect): number {
  const scanner = new RecordScanner(dialect, 0);
  scanner.open(range);
  let records = 0;
  while (scanner.next() !== "end") records++;
  return records;
}
