import { isUtf8 } from "node:buffer";
import { LabelCodes } from "./label-codes";
import { type RejectedRow, RejectedRows, type RejectReason } from "./rejected-rows";
import { BLOCK_ROWS, createRowBlock, type RowBlock } from "./row-block";
import type { ReadColumns } from "./row-columns";

/** What both formats fill: the block under way, the labels, the rejected records. */
export class RowSink {
  readonly block: RowBlock;
  readonly labels: LabelCodes | undefined;
  readonly rejected: RejectedRows;
  readonly nOthers: number;
  /** Records seen, accepted or not. */
  records = 0;
  /** Accepted rows. */
  rows = 0;
  /** Accepted rows whose text holds bytes that are not UTF-8. */
  invalidUtf8 = 0;

  constructor(columns: ReadColumns, onRejected?: (row: RejectedRow) => void) {
    this.nOthers = columns.others?.length ?? 0;
    this.block = createRowBlock(this.nOthers);
    this.labels = columns.label === undefined ? undefined : new LabelCodes(columns.label);
    this.rejected = new RejectedRows(onRejected);
  }

  get full(): boolean {
    return this.block.count === BLOCK_ROWS;
  }

  reject(line: number, reason: RejectReason): void {
    this.records++;
    this.rejected.add(line, reason);
  }

  /** Empties the block; its spans will be of `bytes`. */
  begin(bytes: Buffer): void {
    this.block.bytes = bytes;
    this.block.count = 0;
  }

  /** Ends the block, whose rows lie in `bytes` between the two positions. */
  finish(start: number, end: number): void {
    const { block } = this;
    this.rows += block.count;
    block.validUtf8 = isUtf8(block.bytes.subarray(start, end));
    if (block.validUtf8) return;
    for (let row = 0; row < block.count; row++) {
      if (!isUtf8(block.bytes.subarray(block.textStart[row], block.textEnd[row]))) this.invalidUtf8++;
    }
  }
}

const SPACES = new Uint8Array(256);
for (const space of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]) SPACES[space] = 1;

/** Whether a span holds nothing but white space, in the sense of `String.prototype.trim`. */
export function isBlank(bytes: Buffer, start: number, end: number): boolean {
  let p = start;
  while (p < end && SPACES[bytes[p]!] === 1) p++;
  if (p === end) return true;
  return bytes[p]! >= 0x80 && bytes.toString("utf8", p, end).trim() === "";
}
