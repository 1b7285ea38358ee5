/** A source of numbers in [0, 1). */
export type Random = () => number;

/**
 * Random numbers in [0, 1), multiples of 2^-32, that a seed fixes for good: mulberry32 (Tommy Ettinger), 32 bits of state,
 * passes gjrand; for sampling, searching and simulating, never for secrets. The split uses numpy's own generator instead.
 *
 * @param seed a whole number; its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
