import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { RepeatedIds } from "@colaml/shared/contracts/receipt";
import { inflatePart, readParts } from "../../transport/part-compression";
import { HashBuckets } from "./hash-buckets";
import { HashTable } from "./hash-table";
import { OutputIds } from "./output-ids";

/** Hashes compared at a time: a table of 4 MB, or 8 MB if one bucket has more (beyond 67 million rows). */
const COMPARED = 1 << 18;
/** Ids that are named, with the rows they were first met at. */
const EXAMPLES = 3;
/** An id is shown so far. */
const SHOWN_BYTES = 100;

/**
 * Finds ids that the input has twice, which is allowed, by the lines of the output as they are written. Exact but for
 * two ids of one 64-bit hash (in 10 million rows, once in 300,000 files), in constant memory: the hashes, 8 bytes per
 * row, go to the batch's folder, bucket by bucket, and buckets are looked through at the end. It is fed anew when a
 * batch resumes, so nothing of it need last.
 */
export class RepeatedIdFinder {
  readonly #plan: ChunkPlan;
  readonly #ids: OutputIds;
  readonly #buckets: HashBuckets;
  readonly #table = new HashTable();
  #repeated = 0;
  readonly #examples: { low: number; high: number }[] = [];

  /** @param folder where hashes go */
  constructor(plan: ChunkPlan, folder: string) {
    this.#plan = plan;
    const buckets = new HashBuckets(folder);
    this.#buckets = buckets;
    this.#ids = new OutputIds(plan, (low, high) => buckets.put(low, high));
  }

  /** Bytes of the output in its order, compressed as the output is, in whole members. */
  async add(bytes: Buffer): Promise<void> {
    this.#ids.add(await inflatePart(bytes, this.#plan.output.compression));
  }

  /** The first `size` bytes of an output file: what an earlier coordinator wrote. */
  async addFile(path: string, size: number): Promise<void> {
    await readParts(path, size, this.#plan.output.compression, (piece) => this.#ids.add(piece));
  }

  /**
   * What was found, with the rows of a few of the ids, which are looked up in the output.
   * @param output the file whose first `size` bytes were added
   */
  async finish(output: string, size: number): Promise<RepeatedIds> {
    for (let bucket = 0; bucket < this.#buckets.count; bucket++) {
      this.#look(bucket);
      if (bucket % 16 === 0) await nextTurn();
    }
    const column = this.#plan.input.id!.name;
    const examples = this.#repeated === 0 ? [] : await this.#locate(output, size);
    return { column, rows: this.#repeated, examples };
  }

  close(): void {
    this.#buckets.close();
  }

  /** A bucket that is too large for the table is gone through several times, each time for a part of its hashes. */
  #look(bucket: number): void {
    const size = this.#buckets.sizeOf(bucket);
    const passes = Math.ceil(size / COMPARED);
    for (let pass = 0; pass < passes; pass++) {
      this.#table.clear(passes === 1 ? size : 2 * COMPARED);
      this.#buckets.visit(bucket, (low, high) => {
        if (passes > 1 && (high & 0xffff) % passes !== pass) return;
        if (!this.#table.add(low, high)) this.#found(low, high);
      });
    }
  }

  #found(low: number, high: number): void {
    this.#repeated++;
    const known = this.#examples.some((example) => example.low === low && example.high === high);
    if (!known && this.#examples.length < EXAMPLES) this.#examples.push({ low, high });
  }

  async #locate(output: string, size: number): Promise<RepeatedIds["examples"]> {
    const found = this.#examples.map((hash) => ({ ...hash, id: "", rows: [] as number[] }));
    let row = 0;
    const ids = new OutputIds(this.#plan, (low, high, bytes, start, end) => {
      row++;
      const example = found.find((one) => one.low === low && one.high === high);
      if (!example || example.rows.length === 2) return;
      example.id = bytes.toString("utf8", start, Math.min(end, start + SHOWN_BYTES));
      example.rows.push(row);
    });
    await readParts(output, size, this.#plan.output.compression, (piece) => ids.add(piece));
    return found
      .sort((a, b) => a.rows[1]! - b.rows[1]!)
      .map(({ id, rows }) => ({ id, rows: [rows[0]!, rows[1]!] }));
  }
}
