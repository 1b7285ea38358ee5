import {
  binomialHalfTail,
  hypergeometricTail,
  normalUpperTail,
  wilsonBound,
} from "@colaml/shared/learning/comparison/distributions";
import { midranks } from "@colaml/shared/learning/comparison/midranks";

const relative = (got: number, wanted: number) => Math.abs(got / wanted - 1);

describe("tails of distributions, by scipy 1.17", () => {
  it.each([
    // stats.norm.sf(z)
    [0, 0.5],
    [1.6448536269514722, 0.05],
    [-1, 0.8413447460685429],
    [5, 2.8665157187919333e-7],
    [10, 7.61985302416047e-24],
  ])("the normal one above %d is %d", (z, p) => {
    expect(relative(normalUpperTail(z), p)).toBeLessThan(2e-7);
  });

  it.each([
    // stats.hypergeom(rows, marked, drawn): sf(k), pmf(k)
    [10, 300, 30, 28, 1.0796295892895761e-5, 7.479470509118841e-5],
    [36_200, 200_000, 90_000, 80_000, 0.03292405207820713, 0.000679796846591408],
  ])(
    "the hypergeometric one above %d of %d rows, %d marked, %d drawn",
    (k, rows, marked, drawn, above, at) => {
      const tail = hypergeometricTail(k, rows, marked, drawn);
      expect(relative(tail.above, above)).toBeLessThan(1e-8);
      expect(relative(tail.at, at)).toBeLessThan(1e-8);
    },
  );

  it("are whole or empty beyond what can happen", () => {
    expect(hypergeometricTail(5, 10, 4, 4)).toEqual({ above: 0, at: 0 });
    expect(hypergeometricTail(1, 10, 8, 8)).toEqual({ above: 1, at: 0 });
    expect(binomialHalfTail(-1, 4)).toEqual({ above: 1, at: 0 });
    expect(binomialHalfTail(4, 4).above).toBe(0);
  });

  it.each([
    // stats.binomtest(k, n).proportion_ci(0.9, "wilson")
    [48, 100, 0.5616158221181544],
    [0, 10, 0.21294197008340698],
    [9, 10, 0.9773650912691327],
    [250, 300, 0.8657128789672376],
  ])("Wilson's upper bound of %d in %d is %d", (successes, n, bound) => {
    expect(wilsonBound(successes, n, 1.6448536269514722)).toBeCloseTo(bound, 12);
  });

  it("Wilson's upper bound of all is 1 to the last bit, whatever rounding does", () => {
    for (let n = 1; n <= 1_000; n++) expect(wilsonBound(n, n, 1.6448536269514722)).toBe(1);
  });
});

test("equal values share the mean of their ranks, as scipy's rankdata has it", () => {
  expect([...midranks(Float64Array.of(3, 1, 3, 2, 2, 2))]).toEqual([5.5, 1, 5.5, 3, 3, 3]);
});
