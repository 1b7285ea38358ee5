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

/** Lays the vocabulary in as the kernel's hash table. `left` are words that never count, even where it has them. */
export function placeVocabulary(kernel: Kernel, terms: readonly string[], left: ReadonlySet<string>): void {
  const bits = Math.max(4, Math.ceil(Math.log2(terms.length * SPARSENESS)));
  const table = Buffer.alloc(SLOT_BYTES * 2 ** bits);
  const shift = BigInt(64 - bits);
  const mask = 2 ** bits - 1;
  for (let slot = 0; slot <= mask; slot++) table.writeUInt32LE(terms.length, slot * SLOT_BYTES + SLOT_TERM);
  for (const [number, term] of terms.entries()) {
    if (left.has(term) || term === "") continue;
    const bytes = Buffer.from(term);
    const place = kernel.place(bytes);
    const { first, last, hash } = keyOf(bytes);
    let slot = Number(BigInt.asUintN(64, hash * FIRST_FACTOR) >> shift);
    while (table.readUInt32LE(slot * SLOT_BYTES + SLOT_LENGTH) > 0) slot = (slot + 1) & mask;
    const at = slot * SLOT_BYTES;
    table.writeBigUInt64LE(first, at);
    table.writeBigUInt64LE(last, at + SLOT_LAST);
    table.writeUInt32LE(bytes.length, at + SLOT_LENGTH);
    table.writeUInt32LE(number, at + SLOT_TERM);
    table.writeUInt32LE(place, at + SLOT_PLACE);
  }
  const { exports } = kernel;
  exports.slots.value = kernel.place(table);
  exports.slotShift.value = shift;
  exports.slotMask.value = table.length - 1;
  exports.counts.value = kernel.reserve(terms.length * 4 + 4);
  exports.termWords.value = Math.ceil((terms.length + 1) / 64);
  exports.termBits.value = kernel.reserve(exports.termWords.value * 8);
  exports.found.value = kernel.reserve(terms.length * 4);
  exports.weights.value = kernel.reserve(terms.length * 8);
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
