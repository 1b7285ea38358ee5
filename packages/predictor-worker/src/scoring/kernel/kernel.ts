import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type KernelVariables, SLACK } from "./kernel-facts";

/** What the WebAssembly module of `kernel/kernel.ts` exports. */
export interface KernelExports extends KernelVariables {
  memory: WebAssembly.Memory;
  /** Scores from `at` on; returns why it stopped, a `STOPPED_` of the kernel's facts. */
  score(): number;
  /** How often a byte stands between two offsets of the memory. */
  countByte(at: number, end: number, byte: number): number;
}

const WASM_PAGE = 65_536;
const ALIGNMENT = 16;

let compiled: WebAssembly.Module | undefined;

/**
 * Compiles the kernel, once per process and in less than a millisecond. A worker does it before it takes a job, so
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
    const instance = new WebAssembly.Instance(compileKernel(), {
      probabilities: { exp: Math.exp },
      calibration: { exp: Math.exp, log: Math.log },
    });
    this.exports = instance.exports as KernelExports;
  }

  /** Keeps room for this many bytes, 0 at first; returns its offset. */
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
