import type { ChunkPlan } from "@colaml/shared/jobs/predict-chunk";
import { type ByteRange, countRecords, nextRange } from "../records/chunk-borders";
import type { Dialect } from "../records/dialect";
import { scannerFor } from "../scoring/plain-record";
import type { InputSource } from "./input-source";

/** Steps in which a record too long to hold is walked over to count its lines. */
const STEP = 1_048_576;

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
    const lines = range.oversize ? await this.#linesOf(range) : countLines(bytes, this.#dialect.newline);
    const records = range.oversize ? 1 : this.#countsRecords ? countRecords(bytes, this.#dialect) : 0;
    this.#next = { index: index + 1, offset: range.end, line: line + lines, row: row + records };
    return { ...range, index, firstLine: line, firstRow: row, lines, records, bytes };
  }

  async #linesOf({ start, end }: ByteRange): Promise<number> {
    let lines = 0;
    for (let at = start; at < end; at += STEP) {
      lines += countLines(await this.#source.read(at, Math.min(STEP, end - at)), this.#dialect.newline);
    }
    return lines;
  }
}

/** The dialect that a plan's records are read by. */
export function dialectOfPlan(plan: ChunkPlan): Dialect {
  return scannerFor(plan).dialect;
}

/** Line ends in some bytes. */
export function countLines(bytes: Buffer, newline: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}
