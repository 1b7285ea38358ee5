/** Reads the rows of ranges of whole records into blocks: one way per format. */
export interface RangeRows {
  /** Begins with a range, whose first line is `firstLine` of the file, counted from 1. */
  open(range: Buffer, firstLine: number): void;
  /** Fills the block from its last position. False if no row is left in the range. */
  fill(): boolean;
  /** Lines of the range that were read. */
  readonly lines: number;
}
