import {
  FIRST_FACTOR,
  LAST_FACTOR,
  SLOT_BYTES,
  SLOT_LAST,
  SLOT_LENGTH,
  SLOT_PLACE,
  SLOT_TERM,
} from "./bag-of-words";
import { same } from "./bytes";

/** What a table does not have. */
export const NO_TERM: u32 = 0xffffffff;

/** The hash table that is asked: as `slots`, `slotShift` and `slotMask` of the words, but one for each part. */
let table: usize = 0;
let tableShift: u64 = 0;
let tableMask: usize = 0;

/** Takes another table. */
export function useTable(place: usize, shift: u32, mask: u32): void {
  table = place;
  tableShift = shift;
  tableMask = mask;
}

/** The number of the term in [start, end), or `NO_TERM`. */
export function termOf(start: usize, end: usize): u32 {
  const length = (end - start) as u32;
  const first = load<u64>(start) & (~(0 as u64) >> (64 - ((min(length, 8) as u64) << 3)));
  const last = load<u64>(end - 8) & (0 - ((length > 8) as u64));
  const hash = (first * FIRST_FACTOR) ^ (last * LAST_FACTOR) ^ length;
  let slot = (((hash * FIRST_FACTOR) >> tableShift) as usize) * SLOT_BYTES;
  let at = table + slot;
  let slotLength = load<u32>(at, SLOT_LENGTH);
  while (slotLength !== 0) {
    if (slotLength === length && load<u64>(at) === first && load<u64>(at, SLOT_LAST) === last) {
      if (length <= 16 || same(start + 8, load<u32>(at, SLOT_PLACE) + 8, length - 16))
        return load<u32>(at, SLOT_TERM);
    }
    slot = (slot + SLOT_BYTES) & tableMask;
    at = table + slot;
    slotLength = load<u32>(at, SLOT_LENGTH);
  }
  return NO_TERM;
}
