import { randomBytes } from "node:crypto";

/** Random per process: nobody can write texts whose words all fall into one slot. */
const seed = randomBytes(4).readInt32LE();
export const HASH_START = seed | 1;
export const HASH_PRIME = 0x01000193;

/** FNV-1a; inlined by hand where it is hot. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, HASH_PRIME);
  return hash;
}

const FIRST_TERMS = 1024;
/** Slots a term: most words looked up are not there, and nearly all of those should meet an empty slot. */
const SLOTS_A_TERM = 4;

/**
 * Terms as bytes (UTF-8) in one arena, with an open-addressing hash table over them: each distinct term has an
 * id, in order of appearance. About 35 bytes per term beside its own bytes; a Map of strings takes 100.
 */
export class TermTable {
  /** Number of terms. */
  size = 0;
  #slots: Int32Array;
  #hashes: Int32Array;
  /** Term i lies from offset i to offset i + 1. */
  #offsets: Uint32Array;
  #arena: Uint8Array;

  /** @param room terms there is room for at first; a small table stays in the processor's cache */
  constructor(room = FIRST_TERMS) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, room)));
    this.#slots = new Int32Array(SLOTS_A_TERM * capacity);
    this.#hashes = new Int32Array(capacity);
    this.#offsets = new Uint32Array(capacity + 1);
    this.#arena = new Uint8Array(16 * capacity);
  }

  /** The id of a term, -1 if it is not there. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = slots[slot]! - 1;
      if (id < 0) return -1;
      if (this.#hashes[id] === hash && this.#equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The id of a term, which is added if it is not there. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const found = this.find(bytes, start, end, hash);
    if (found >= 0) return found;
    const id = this.size;
    this.#reserve(end - start);
    const from = this.#offsets[id]!;
    for (let i = start; i < end; i++) this.#arena[from + i - start] = bytes[i]!;
    this.#offsets[id + 1] = from + end - start;
    this.#hashes[id] = hash;
    this.#place(id, hash);
    this.size = id + 1;
    return id;
  }

  /** A term's bytes; a view, not to be kept over `add`. */
  bytesOf(id: number): Uint8Array {
    return this.#arena.subarray(this.#offsets[id]!, this.#offsets[id + 1]!);
  }

  termOf(id: number): string {
    return Buffer.from(this.bytesOf(id)).toString("utf8");
  }

  hashOf(id: number): number {
    return this.#hashes[id]!;
  }

  /** Ascending code points, which is what the order of UTF-8 bytes is. */
  compare(a: number, b: number): number {
    const [arena, offsets] = [this.#arena, this.#offsets];
    const ofA = offsets[a]!;
    const ofB = offsets[b]!;
    const lengthOfA = offsets[a + 1]! - ofA;
    const lengthOfB = offsets[b + 1]! - ofB;
    const shorter = Math.min(lengthOfA, lengthOfB);
    for (let i = 0; i < shorter; i++) {
      const difference = arena[ofA + i]! - arena[ofB + i]!;
      if (difference !== 0) return difference;
    }
    return lengthOfA - lengthOfB;
  }

  /** `width` bytes (at most 4) of a term from byte `from` on as a number, the first one highest; 0 behind its end. */
  prefixOf(id: number, from: number, width: number): number {
    const start = this.#offsets[id]! + from;
    const end = Math.min(start + width, this.#offsets[id + 1]!);
    let prefix = 0;
    for (let i = start; i < end; i++) prefix += this.#arena[i]! * 256 ** (width - 1 - (i - start));
    return prefix;
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    let p = this.#offsets[id]!;
    if (this.#offsets[id + 1]! - p !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== arena[p++]) return false;
    return true;
  }

  #place(id: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#offsets[this.size]! + bytes;
    if (needed > this.#arena.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#arena.length));
      grown.set(this.#arena);
      this.#arena = grown;
    }
    if (this.size < this.#hashes.length) return;
    const capacity = 2 * this.#hashes.length;
    this.#hashes = grownTo(this.#hashes, new Int32Array(capacity));
    this.#offsets = grownTo(this.#offsets, new Uint32Array(capacity + 1));
    this.#slots = new Int32Array(SLOTS_A_TERM * capacity);
    for (let id = 0; id < this.size; id++) this.#place(id, this.#hashes[id]!);
  }
}

function grownTo<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** A table of the given terms; ids are their positions. */
export function termTableOf(terms: Iterable<string>): TermTable {
  const all = [...terms];
  const table = new TermTable(all.length);
  const encoder = new TextEncoder();
  for (const term of all) {
    // Plain byte arrays, as everywhere here: V8 slows a loop down that meets Buffers as well.
    const bytes = encoder.encode(term);
    table.add(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }
  return table;
}
