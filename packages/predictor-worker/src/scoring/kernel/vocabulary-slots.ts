import type { Kernel } from "./kernel";
import {
  FIRST_FACTOR,
  LAST_FACTOR,
  SLOT_BYTES,
  SLOT_LAST,
  SLOT_LENGTH,
  SLOT_PLACE,
  SLOT_TERM,
} from "./kernel-facts";

const WORD = 8;
/** Slots a term: nearly every word then finds its own slot or a free one, and no branch is mispredicted. */
const SPARSENESS = 8;
/** The same of large vocabularies, whose tables would leave the processor's caches. */
const LARGE_SPARSENESS = 2;
const LARGE_VOCABULARY = 8192;

/** A hash table in the kernel's memory. */
export interface PlacedSlots {
  place: number;
  shift: number;
  /** Its bytes less 1. */
  mask: number;
}

/** Lays the vocabulary in as the kernel's hash table. `left` are words that never count, even if it has them. */
export function placeVocabulary(kernel: Kernel, terms: readonly string[], left: ReadonlySet<string>): void {
  const { place, shift, mask } = placeSlots(kernel, terms, { left, free: terms.length });
  const { exports } = kernel;
  exports.slots.value = place;
  exports.slotShift.value = BigInt(shift);
  exports.slotMask.value = mask;
  reserveCounts(kernel, terms.length);
}

/** Keeps room for what the kernel counts of all terms. */
export function reserveCounts(kernel: Kernel, nTerms: number): void {
  const { exports } = kernel;
  exports.counts.value = kernel.reserve(nTerms * 4 + 4);
  exports.termWords.value = Math.ceil((nTerms + 1) / 64);
  exports.termBits.value = kernel.reserve(exports.termWords.value * 8);
  exports.found.value = kernel.reserve(nTerms * 4);
  exports.weights.value = kernel.reserve(nTerms * 8);
}

/** How terms are numbered, which of them are left out, and the number of a free slot: that of no term. */
export interface SlotNumbers {
  free: number;
  first?: number;
  left?: ReadonlySet<string>;
}

/** Lays terms in as a hash table. */
export function placeSlots(
  kernel: Kernel,
  terms: readonly string[],
  { free, first: firstNumber = 0, left = new Set() }: SlotNumbers,
): PlacedSlots {
  const sparseness = terms.length > LARGE_VOCABULARY ? LARGE_SPARSENESS : SPARSENESS;
  const bits = Math.max(4, Math.ceil(Math.log2(terms.length * sparseness)));
  const table = Buffer.alloc(SLOT_BYTES * 2 ** bits);
  const shift = BigInt(64 - bits);
  const mask = 2 ** bits - 1;
  for (let slot = 0; slot <= mask; slot++) table.writeUInt32LE(free, slot * SLOT_BYTES + SLOT_TERM);
  const encoded = terms.map((term) => Buffer.from(term));
  const arena = kernel.place(Buffer.concat(encoded));
  let place = arena;
  for (const [number, term] of terms.entries()) {
    const bytes = encoded[number]!;
    const start = place;
    place += bytes.length;
    if (left.has(term) || term === "") continue;
    const { first, last, hash } = keyOf(bytes);
    let slot = Number(BigInt.asUintN(64, hash * FIRST_FACTOR) >> shift);
    while (table.readUInt32LE(slot * SLOT_BYTES + SLOT_LENGTH) > 0) slot = (slot + 1) & mask;
    const at = slot * SLOT_BYTES;
    table.writeBigUInt64LE(first, at);
    table.writeBigUInt64LE(last, at + SLOT_LAST);
    table.writeUInt32LE(bytes.length, at + SLOT_LENGTH);
    table.writeUInt32LE(firstNumber + number, at + SLOT_TERM);
    table.writeUInt32LE(start, at + SLOT_PLACE);
  }
  return { place: kernel.place(table), shift: 64 - bits, mask: table.length - 1 };
}

/** First eight bytes and, of a longer word, the last eight; and the hash of both and the length. */
function keyOf(bytes: Buffer): { first: bigint; last: bigint; hash: bigint } {
  const padded = Buffer.concat([bytes, Buffer.alloc(WORD)]);
  const { length } = bytes;
  const first = length >= WORD ? bytes.readBigUInt64LE() : padded.readBigUInt64LE();
  const last = length > WORD ? bytes.readBigUInt64LE(length - WORD) : 0n;
  const product = (a: bigint, b: bigint) => BigInt.asUintN(64, a * b);
  return { first, last, hash: product(first, FIRST_FACTOR) ^ product(last, LAST_FACTOR) ^ BigInt(length) };
}
