import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { Dialect } from "@colaml/shared/tables/dialect";
import { type ByteRange, countLines, countRecords, nextRange } from "@colaml/shared/tables/ranges";
import type { InputSource } from "@colaml/shared/tables/source";
import { dialectOfPlan } from "../../scoring/plain-record";

/** A stretch of the input with its place in the batch. */
export interface PlannedChunk extends ByteRange {
  index: number;
  firstLine: number;
  firstRow: number;
  /** Lines and records in it; records only where they are counted. */
  lines: number;
  records: number;
  /** Good until the next call; empty for an oversize record. */
  bytes: Buffer;
}

/** Cuts the input into chunks, one after the other, from any checkpoint on: always the same ones. */
export class ChunkCursor {
  readonly #source: InputSource;
  readonly #dialect: Dialect;
  readonly #chunkBytes: number;
  readonly #countsRecords: boolean;
  #next: { index: number; offset: number; line: number; row: number };

  constructor(
    source: InputSource,
    plan: ChunkPlan,
    chunkBytes: number,
    from: { index: number; offset: number; line: number; row: number },
  ) {
    this.#source = source;
    this.#dialect = dialectOfPlan(plan);
    this.#chunkBytes = chunkBytes;
    this.#countsRecords = plan.input.id === undefined;
    this.#next = { ...from };
  }

  /** Undefined at the end of the input. */
  async next(): Promise<PlannedChunk | undefined> {
    const { index, offset, line, row } = this.#next;
    const range = await nextRange(this.#source, offset, this.#chunkBytes, this.#dialect);
    if (range === undefined) return undefined;
    const bytes = range.oversize
      ? Buffer.alloc(0)
      : await this.#source.read(range.start, range.end - range.start);
    const lines = range.oversize?.lines ?? countLines(bytes, this.#dialect.newline);
    const records = range.oversize ? 1 : this.#countsRecords ? countRecords(bytes, this.#dialect) : 0;
    this.#next = { index: index + 1, offset: range.end, line: line + lines, row: row + records };
    return { ...range, index, firstLine: line, firstRow: row, lines, records, bytes };
  }
}
