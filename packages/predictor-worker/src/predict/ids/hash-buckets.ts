import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FILE_MODE } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";

const BUCKETS = 256;
/** Hashes a block of the file holds. */
const BLOCK_HASHES = 1024;
const BLOCK_BYTES = 8 * BLOCK_HASHES;

/**
 * Hashes of any number, sorted into buckets by their first byte: equal ones lie in the same bucket. Memory: at most
 * 2 MB, and a number for each 8 KB on the disk, where full blocks go, to a file that has no name and is gone with the
 * process.
 */
export class HashBuckets {
  readonly #path: string;
  #file: number | undefined;
  /** One block a bucket, that fills. */
  readonly #filling: (Int32Array | undefined)[] = new Array(BUCKETS).fill(undefined);
  readonly #filled = new Uint16Array(BUCKETS);
  /** By bucket, the full blocks of the file that belong to it. */
  readonly #blocks: number[][] = Array.from({ length: BUCKETS }, () => []);
  #blockCount = 0;

  /** @param folder for the file, which is made once it is needed */
  constructor(folder: string) {
    this.#path = join(folder, `.${randomBytes(6).toString("hex")}.ids`);
  }

  /** @throws ColaError OUTPUT_UNWRITABLE if the disk is full */
  put(low: number, high: number): void {
    const bucket = high >>> 24;
    let block = this.#filling[bucket];
    if (block === undefined) {
      block = new Int32Array(2 * BLOCK_HASHES);
      this.#filling[bucket] = block;
    }
    const at = this.#filled[bucket]!;
    block[2 * at] = low;
    block[2 * at + 1] = high;
    this.#filled[bucket] = at + 1;
    if (at + 1 === BLOCK_HASHES) this.#flush(bucket);
  }

  get count(): number {
    return BUCKETS;
  }

  /** Hashes of a bucket. */
  sizeOf(bucket: number): number {
    return this.#blocks[bucket]!.length * BLOCK_HASHES + this.#filled[bucket]!;
  }

  visit(bucket: number, onHash: (low: number, high: number) => void): void {
    const block = new Int32Array(2 * BLOCK_HASHES);
    for (const number of this.#blocks[bucket]!) {
      readSync(this.#file!, block, 0, BLOCK_BYTES, number * BLOCK_BYTES);
      visitAll(block, BLOCK_HASHES, onHash);
    }
    visitAll(this.#filling[bucket] ?? block, this.#filled[bucket]!, onHash);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #flush(bucket: number): void {
    try {
      this.#file ??= openNameless(this.#path);
      const block = new Uint8Array(this.#filling[bucket]!.buffer);
      for (let done = 0; done < BLOCK_BYTES; ) {
        const offset = this.#blockCount * BLOCK_BYTES + done;
        done += writeSync(this.#file, block, done, BLOCK_BYTES - done, offset);
      }
    } catch (error) {
      throw outputError(this.#path, error);
    }
    this.#blocks[bucket]!.push(this.#blockCount++);
    this.#filled[bucket] = 0;
  }
}

function openNameless(path: string): number {
  const file = openSync(path, "wx+", FILE_MODE);
  unlinkSync(path);
  return file;
}

function visitAll(block: Int32Array, count: number, onHash: (low: number, high: number) => void): void {
  for (let at = 0; at < 2 * count; at += 2) onHash(block[at]!, block[at + 1]!);
}
