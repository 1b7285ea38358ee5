import { isUtf8 } from "node:buffer";
import { damagedLabel, InvalidBytes } from "./encoding";
import { DAMAGED_LABEL, LabelCodes, NO_LABEL } from "./label-codes";
import { normaliseLabel } from "./labels";
import { isMissing, type MissingValues } from "./missing-values";
import { type RejectedRow, RejectedRows, type RejectReason } from "./rejected-rows";
import { BLOCK_ROWS, createRowBlock, type RowBlock } from "./row-block";
import type { ReadColumns } from "./row-columns";

/** Labels of rejected records that are noted. */
const MAX_LOST_LABELS = 1000;

/** What both formats fill: the block under way, the labels, the rejected records. */
export class RowSink {
  readonly block: RowBlock;
  readonly labels: LabelCodes | undefined;
  readonly rejected: RejectedRows;
  readonly nOthers: number;
  readonly missing: MissingValues;
  /** Records seen, accepted or not. */
  records = 0;
  /** Accepted rows. */
  rows = 0;
  /** Accepted rows whose text holds bytes that are not UTF-8. */
  invalidUtf8 = 0;
  /** Some of those texts. */
  readonly invalid = new InvalidBytes();
  /** Labels of rejected records, as far as they could be read, with how many records had them. */
  readonly rejectedLabels = new Map<string, number>();
  readonly #columns: ReadColumns;

  constructor(columns: ReadColumns, missing: MissingValues, onRejected?: (row: RejectedRow) => void) {
    this.#columns = columns;
    this.missing = missing;
    this.nOthers = columns.others?.length ?? 0;
    this.block = createRowBlock(this.nOthers);
    this.labels = columns.label === undefined ? undefined : new LabelCodes(columns.label, missing);
    this.rejected = new RejectedRows(onRejected, this.labels?.listed);
  }

  get full(): boolean {
    return this.block.count === BLOCK_ROWS;
  }

  reject(line: number, reason: RejectReason): void {
    this.records++;
    this.rejected.add(line, reason);
  }

  /** Rejects a record whose label seems to be `raw`: a class of which no row is left must be noticed. */
  rejectLabelled(line: number, reason: RejectReason, raw: string | undefined): void {
    this.reject(line, reason);
    const label = raw === undefined || isMissing(raw, this.missing) ? undefined : normaliseLabel(raw);
    if (label === undefined) return;
    const known = this.rejectedLabels.get(label);
    if (known === undefined && this.rejectedLabels.size === MAX_LOST_LABELS) return;
    this.rejectedLabels.set(label, (known ?? 0) + 1);
  }

  /**
   * Notes the label of the row under way, or rejects the row if it has none.
   * @returns whether it has one
   * @throws ColaError LABELS_INVALID if letters of it are lost
   */
  takeLabel(line: number, code: number, bytes: () => Buffer): boolean {
    if (code === DAMAGED_LABEL) throw damagedLabel(this.#columns.label!, line, bytes());
    if (code === NO_LABEL) {
      this.reject(line, "no label");
      return false;
    }
    this.block.label[this.block.count] = code;
    return true;
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
      const text = block.bytes.subarray(block.textStart[row], block.textEnd[row]);
      if (!isUtf8(text)) this.noteInvalid(text);
    }
  }

  /** Counts a row whose text is not UTF-8. */
  noteInvalid(text: Buffer): void {
    this.invalidUtf8++;
    this.invalid.add(text);
  }
}
