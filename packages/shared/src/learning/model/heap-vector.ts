import type { XgboostModule } from "./xgboost-module";

/** Words of an object that are looked at, objects on the way, and objects looked at in all. */
const WORDS = 320;
const MOST_STEPS = 5;
const MOST_OBJECTS = 20_000;
/** Below it are the stack and constants of the module. */
const LEAST_ADDRESS = 1_024;

/** Offsets, in words, from object to object, the last that of the vector. */
type Path = readonly number[];

/**
 * Where a C++ vector of floats lies that can be reached from an object in the module's heap: three addresses, begin, end
 * and end of its memory. It is known by its length and proved by what is in it. The way to it is the same from every
 * object of the kind: it is looked for once, breadth first.
 */
export class HeapVectors {
  readonly #module: XgboostModule;
  #path: Path | undefined;

  constructor(module: XgboostModule) {
    this.#module = module;
  }

  /**
   * Address of the vector that holds `content`, undefined if none is found.
   *
   * @param object address that the way begins at
   */
  find(object: number, content: Float32Array): number | undefined {
    const along = this.#path === undefined ? undefined : this.#follow(object, this.#path);
    if (along !== undefined && this.#holds(along, content)) return along;
    const path = this.#search(object, content);
    if (path === undefined) return undefined;
    this.#path = path;
    return this.#follow(object, path);
  }

  /** The address at the end of a way; undefined if it leaves the heap. */
  #follow(object: number, path: Path): number | undefined {
    let address: number | undefined = object;
    for (const offset of path) {
      if (address === undefined || !this.#isAddress(address)) return undefined;
      address = this.#module.HEAPU32[(address >>> 2) + offset];
    }
    return address;
  }

  #holds(address: number, content: Float32Array): boolean {
    const at = address >>> 2;
    const heap = this.#module.HEAPF32;
    if (!this.#isAddress(address) || at + content.length > heap.length) return false;
    return content.every((value, i) => heap[at + i] === value);
  }

  #search(object: number, content: Float32Array): Path | undefined {
    const heap = this.#module.HEAPU32;
    const seen = new Set([object]);
    let level: [address: number, path: Path][] = [[object, []]];
    for (let step = 0; step < MOST_STEPS; step++) {
      const next: typeof level = [];
      for (const [address, path] of level) {
        for (let offset = 0; offset < WORDS; offset++) {
          const at = (address >>> 2) + offset;
          const value = heap[at]!;
          if (!this.#isAddress(value)) continue;
          const isVector = heap[at + 1]! - value === 4 * content.length;
          if (isVector && this.#holds(value, content)) return [...path, offset];
          if (seen.has(value) || seen.size > MOST_OBJECTS) continue;
          seen.add(value);
          next.push([value, [...path, offset]]);
        }
      }
      level = next;
    }
    return undefined;
  }

  #isAddress(value: number): boolean {
    return value >= LEAST_ADDRESS && value % 4 === 0 && value + 4 * WORDS < 4 * this.#module.HEAPU32.length;
  }
}
