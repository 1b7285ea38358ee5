import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

/** mulberry32 in Python's integers, modulo 2^32. */
const OF_SEED: [number, number[]][] = [
  [0, [1_144_304_738, 1_416_247, 958_946_056]],
  [42, [2_581_720_956, 1_925_393_290, 3_661_312_704]],
  [2 ** 32 + 7, [50_271_532, 266_108_690, 4_195_786_334]],
];

it.each(OF_SEED)("draws the numbers of mulberry32 for the seed %d", (seed, numbers) => {
  const random = seededRandom(seed);
  expect(numbers.map(() => random() * 2 ** 32)).toEqual(numbers);
});
