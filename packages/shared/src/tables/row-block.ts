/**
 * Accepted rows as spans of bytes, so that whoever counts words need not make strings. Valid until the next
 * block is asked for: the bytes are used again.
 */
export interface RowBlock {
  /** UTF-8, without quotes and escapes. */
  bytes: Buffer;
  /** Rows in the block; the arrays are longer. */
  count: number;
  textStart: Int32Array;
  textEnd: Int32Array;
  /** Index into the reader's `labelNames`; 0 if no label was asked for. */
  label: Uint16Array;
  /** Spans of the id; both -1 if the file has none. */
  idStart: Int32Array;
  idEnd: Int32Array;
  /** Physical line each record starts on. */
  line: Float64Array;
  /** Number of each record, from 1, rejected ones counted. */
  record: Float64Array;
  /** Spans of the other columns asked for, row after row: count x number of others. */
  otherStart: Int32Array;
  otherEnd: Int32Array;
  /** False if some byte is not UTF-8: U+FFFD stands for it in strings. */
  validUtf8: boolean;
}

/** Rows a block holds at most. */
export const BLOCK_ROWS = 8192;

/** An empty block for rows with `nOthers` further columns. */
export function createRowBlock(nOthers: number): RowBlock {
  const spans = () => new Int32Array(BLOCK_ROWS);
  return {
    bytes: Buffer.alloc(0),
    count: 0,
    textStart: spans(),
    textEnd: spans(),
    label: new Uint16Array(BLOCK_ROWS),
    idStart: spans().fill(-1),
    idEnd: spans().fill(-1),
    line: new Float64Array(BLOCK_ROWS),
    record: new Float64Array(BLOCK_ROWS),
    otherStart: new Int32Array(BLOCK_ROWS * nOthers),
    otherEnd: new Int32Array(BLOCK_ROWS * nOthers),
    validUtf8: true,
  };
}

/** The text of a row as a string. */
export function textOf(block: RowBlock, row: number): string {
  return block.bytes.toString("utf8", block.textStart[row]!, block.textEnd[row]!);
}
