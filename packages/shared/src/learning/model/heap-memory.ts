import { ColaError } from "../../errors/cola-error";
import type { XgboostModule } from "./xgboost-module";

/**
 * Memory of the module's heap; the views of the heap may be others afterwards.
 * @throws ColaError TRAINING_FAILED if the heap is full
 */
export function allocate(module: XgboostModule, bytes: number): number {
  const address = module._malloc(Math.max(bytes, 4)) >>> 0;
  if (address === 0)
    throw new ColaError("TRAINING_FAILED", `the trainer's memory is full (${bytes} bytes more)`);
  return address;
}

/**
 * Gives a C++ vector other memory, and frees what it had: three addresses, begin, end, end of its memory.
 *
 * @param vector its address @param begin of memory that `allocate` gave
 */
export function replaceVector(module: XgboostModule, vector: number, begin: number, bytes: number): void {
  const heap = module.HEAPU32;
  const previous = heap[vector >>> 2]!;
  heap[vector >>> 2] = begin;
  heap[(vector >>> 2) + 1] = begin + bytes;
  heap[(vector >>> 2) + 2] = begin + bytes;
  if (previous !== 0) module._free(previous);
}
