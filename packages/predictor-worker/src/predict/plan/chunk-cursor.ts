import type { Dialect } from "@colaml/shared/tables/dialect";
import { type ByteRange, countLines, countRecords, nextRange } from "@colaml/shared/tables/ranges";
import type { InputSource } from "@colaml/shared/tables/source";
import { dialectOfPlan } from "../../scoring/plain-record";
import type { BegunBatch } from "../batch";

/** A chunk: a byte range of the input, and its place in the batch. */
export interface ChunkPlace extends ByteRange {
  index: number;
  firstLine: number;
  firstRow: number;
  /** Lines and records in it; records only if row numbers are the ids, else 0. */
  lines: number;
  records: number;
}

/** A chunk with its records. */
export interface PlannedChunk {
  place: ChunkPlace;
  /** Empty for an oversize record. */
  bytes: Buffer;
}

/** Where a chunk begins: its number, and the first of its bytes, lines and rows in the input. */
export interface ChunkStart {
  nextChunk: number;
  inputOffset: number;
  line: number;
  row: number;
}

/** Cuts the input into chunks, one after the other, from any checkpoint on: always the same ones. */
export class ChunkCursor {
  readonly #source: InputSource;
  readonly #dialect: Dialect;
  readonly #chunkBytes: number;
  readonly #countsRecords: boolean;
  #next: ChunkStart;

  constructor({ source, record }: Pick<BegunBatch, "source" | "record">, from: ChunkStart) {
    this.#source = source;
    this.#dialect = dialectOfPlan(record.plan);
    this.#chunkBytes = record.chunkBytes;
    this.#countsRecords = record.plan.input.id === undefined;
    this.#next = from;
  }

  /** Undefined at the end of the input. */
  async next(): Promise<PlannedChunk | undefined> {
    const { nextChunk: index, inputOffset, line, row } = this.#next;
    const range = await nextRange(this.#source, inputOffset, this.#chunkBytes, this.#dialect);
    if (range === undefined) return undefined;
    const bytes = range.oversize
      ? Buffer.alloc(0)
      : await this.#source.read(range.start, range.end - range.start);
    const lines = range.oversize?.lines ?? countLines(bytes, this.#dialect.newline);
    const records = range.oversize ? 1 : this.#countsRecords ? countRecords(bytes, this.#dialect) : 0;
    const place: ChunkPlace = { ...range, index, firstLine: line, firstRow: row, lines, records };
    this.#next = { nextChunk: index + 1, inputOffset: range.end, line: line + lines, row: row + records };
    return { place, bytes };
  }
}
