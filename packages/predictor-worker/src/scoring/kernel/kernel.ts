import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Variables of the kernel that hold a number or an offset in its memory; `kernel/*.ts` says what each is. */
type NumberName =
  | "at"
  | "end"
  | "output"
  | "outputEnd"
  | "lineBytes"
  | "lineRecords"
  | "textField"
  | "rows"
  | "rowsWithoutTerms"
  | "slots"
  | "slotMask"
  | "counts"
  | "termBits"
  | "termWords"
  | "found"
  | "maskedTrees"
  | "flips"
  | "leafMasks"
  | "leafValues"
  | "walkedTrees"
  | "roots"
  | "nodes"
  | "denseRow"
  | "groups"
  | "groupOf"
  | "baseMargin"
  | "margins"
  | "probabilities"
  | "idf"
  | "norm"
  | "sublinear"
  | "logCounts"
  | "logCountsKnown"
  | "weights"
  | "lowercase"
  | "pages"
  | "pageWanted"
  | "normalised"
  | "delimiter"
  | "fieldPlaces"
  | "fieldsWanted"
  | "maxRecordBytes"
  | "missingBytes"
  | "idField"
  | "version"
  | "versionBytes"
  | "classCells"
  | "classes"
  | "copied"
  | "copiedCount";

type Variable<T> = { value: T };

/** What the WebAssembly module of `kernel/kernel.ts` exports. */
export type KernelExports = Record<NumberName, Variable<number>> &
  Record<"slotShift" | "records" | "recordsBefore", Variable<bigint>> & {
    memory: WebAssembly.Memory;
    /** Scores from `at` on; returns why it stopped. */
    score(): number;
    /** How often a byte stands between two offsets of the memory. */
    countByte(at: number, end: number, byte: number): number;
  };

/** Why the kernel stopped, as `kernel/kernel.ts` numbers it. */
export const STOPPED = { end: 0, record: 1, page: 2, output: 3 } as const;

/** What the kernel may read or write behind the end of anything: its blocks are 16 bytes. */
export const SLACK = 64;
const WASM_PAGE = 65_536;
const ALIGNMENT = 16;

let compiled: WebAssembly.Module | undefined;

/**
 * Compiles the kernel, once a process and in less than a millisecond. A worker does it before it takes a job, so
 * that an installation without the kernel is refused at its start.
 */
export function compileKernel(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(join(__dirname, "kernel.wasm")));
  return compiled;
}

/**
 * A kernel with a memory of its own. Things are laid into it one behind the other and stay; what is read from it by
 * `bytes` is good until something further is laid in.
 */
export class Kernel {
  readonly exports: KernelExports;
  #used = WASM_PAGE;

  constructor() {
    const instance = new WebAssembly.Instance(compileKernel(), { probabilities: { exp: Math.exp } });
    this.exports = instance.exports as KernelExports;
  }

  /** Keeps room for so many bytes, 0 at first; returns its offset. */
  reserve(bytes: number): number {
    const offset = this.#used;
    this.#used = Math.ceil((offset + bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    this.reach(this.#used);
    return offset;
  }

  /** Lays an array in; returns its offset. */
  place(array: NodeJS.TypedArray): number {
    const offset = this.reserve(array.byteLength);
    this.bytes(offset, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
    return offset;
  }

  /** Lets the memory reach up to `end`, with slack behind. */
  reach(end: number): void {
    const { memory } = this.exports;
    const missing = end + SLACK - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE));
  }

  /** A stretch of the memory. */
  bytes(offset: number, length: number): Buffer {
    return Buffer.from(this.exports.memory.buffer, offset, length);
  }

  /** Where the next thing would be laid: everything behind is free. */
  get used(): number {
    return this.#used;
  }
}
