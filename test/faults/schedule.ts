import { type Random, seededRandom } from "@colaml/shared/learning/data/seeded-random";

export type { Random };

/** One fault of a run: when it is struck, and the numbers that decide its details. */
export interface PlannedStrike {
  kind: string;
  /** Milliseconds to wait after the strike before has begun. */
  gapMs: number;
  random: Random;
}

/** A number from `low` up to `high`. */
export const between = (random: Random, low: number, high: number) => low + random() * (high - low);

/** One of a list. */
export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** The same in another order, by Fisher and Yates. */
function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Strikes without end: all kinds in a random order, then all in another one. The seed decides all of it. */
export function* planStrikes(
  kinds: readonly string[],
  seed: number,
  gapMs: { least: number; most: number },
): Generator<PlannedStrike, never> {
  const random = seededRandom(seed);
  for (;;) {
    for (const kind of shuffled(random, kinds)) {
      yield {
        kind,
        gapMs: between(random, gapMs.least, gapMs.most),
        random: seededRandom(Math.floor(random() * 2 ** 31)),
      };
    }
  }
}
