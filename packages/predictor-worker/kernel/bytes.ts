// Everything here reads and writes whole blocks of 16 bytes, and words are looked for in four blocks at a time.

/** Bytes that must lie in the memory behind the end of anything: the kernel may read or write so far. */
export const SLACK = 64;

/** First place in [at, end) that holds `a` or `b`; `end` if there is none. */
export function findEither(at: usize, end: usize, a: u8, b: u8): usize {
  const allA = i8x16.splat(a);
  const allB = i8x16.splat(b);
  for (; at < end; at += 16) {
    const block = v128.load(at);
    const found = i8x16.bitmask(v128.or(i8x16.eq(block, allA), i8x16.eq(block, allB)));
    if (found !== 0) return min(at + ctz(found), end);
  }
  return end;
}

/** First place in [at, end) that holds `byte`; `end` if there is none. */
export function find(at: usize, end: usize, byte: u8): usize {
  const all = i8x16.splat(byte);
  for (; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), all));
    if (found !== 0) return min(at + ctz(found), end);
  }
  return end;
}

/** Copies bytes and returns the place behind them. */
export function copy(to: usize, from: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  return to + length;
}

/** Whether two stretches are the same bytes. */
export function same(a: usize, b: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

/** How often a byte stands in [at, end). */
export function countByte(at: usize, end: usize, byte: u8): u32 {
  const all = i8x16.splat(byte);
  let count: u32 = 0;
  for (; at + 16 <= end; at += 16) count += popcnt(i8x16.bitmask(i8x16.eq(v128.load(at), all))) as u32;
  for (; at < end; at++) count += (load<u8>(at) === byte) as u32;
  return count;
}
