import { jensenShannonDistance } from "@colaml/monitor-worker/statistics/jensen-shannon";
import { normalQuantile } from "@colaml/monitor-worker/statistics/normal";
import { populationStabilityIndex, smoothedShares } from "@colaml/monitor-worker/statistics/psi";
import { binomial, multinomial, openRandom } from "@colaml/monitor-worker/statistics/random";
import { studentQuantile } from "@colaml/monitor-worker/statistics/student";
import { wilsonInterval } from "@colaml/monitor-worker/statistics/wilson-interval";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import expected from "../fixtures/drift.json";

describe("statistics as scipy and statsmodels compute them", () => {
  it.each(expected.distributions.map((each, i) => [i, each] as const))(
    "gives the divergences of pair %i",
    (_, { p, q, psi, jensenShannon }) => {
      expect(jensenShannonDistance(p, q)).toBeCloseTo(jensenShannon, 12);
      if (psi !== undefined) expect(populationStabilityIndex(p, q)).toBeCloseTo(psi, 10);
    },
  );

  it.each(expected.intervals)("gives Wilson's interval of $successes in $n", ({ successes, n, interval }) => {
    const [low, high] = wilsonInterval(successes, n);
    expect(low).toBeCloseTo(interval[0]!, 10);
    expect(high).toBeCloseTo(interval[1]!, 10);
  });

  it.each(expected.normalQuantiles)("gives the normal's quantile of %d", (share, quantile) => {
    expect(Math.abs(normalQuantile(share!) - quantile!)).toBeLessThan(1e-7);
  });

  it.each(expected.studentQuantiles)(
    "gives Student's quantile of %d with %d degrees of freedom",
    (share, n, quantile) => {
      expect(Math.abs(studentQuantile(share!, n!) - quantile!)).toBeLessThanOrEqual(
        1e-8 * Math.abs(quantile!),
      );
    },
  );

  it("keeps empty bins finite: half a row is in each", () => {
    const [p, q] = [smoothedShares([10, 0]), smoothedShares([0, 10])];
    // scipy: entropy(p, q) + entropy(q, p) of (21/22, 1/22)
    expect(populationStabilityIndex(p, q)).toBeCloseTo(5.535495341315315, 12);
    expect([...smoothedShares([0, 1])]).toEqual([0.25, 0.75]);
  });

  it("finds no distance between equal shares, whatever rounding does", () => {
    const shares = [0.1, 0.2, 0.3, 0.4];
    expect(jensenShannonDistance(shares, shares)).toBe(0);
  });
});

describe("seeded random counts", () => {
  it.each([
    [10, 0.3],
    [1_000, 0.004],
    [5_000, 0.4],
    [100_000, 0.97],
  ])("draws binomials of n %d and share %d with their mean and variance", (n, share) => {
    const random = openRandom(7);
    const draws = Array.from({ length: 20_000 }, () => binomial(n, share, random));
    const mean = draws.reduce((sum, k) => sum + k, 0) / draws.length;
    const variance = draws.reduce((sum, k) => sum + (k - mean) ** 2, 0) / draws.length;
    const error = Math.sqrt((n * share * (1 - share)) / draws.length);
    expect(Math.abs(mean - n * share)).toBeLessThan(4 * error);
    expect(variance / (n * share * (1 - share))).toBeGreaterThan(0.95);
    expect(variance / (n * share * (1 - share))).toBeLessThan(1.05);
    expect(draws.every((k) => k >= 0 && k <= n)).toBe(true);
  });

  // scipy: binom.ppf(u, n, share); above a half of the failures, n - binom.ppf(u, n, 1 - share)
  it.each([
    [1, 0.5, [0, 0, 0, 0, 1, 1, 1]],
    [3, 0.3, [0, 0, 0, 1, 2, 3, 3]],
    [10, 0.3, [0, 1, 2, 3, 5, 6, 8]],
    [100, 0.5, [35, 42, 47, 50, 56, 60, 65]],
    [300, 0.97, [299, 296, 293, 291, 287, 285, 281]],
    [1_000, 0.004, [0, 1, 3, 4, 7, 8, 11]],
    [5_000, 0.4, [1893, 1943, 1982, 2000, 2044, 2068, 2107]],
    [10, 0, [0, 0, 0, 0, 0, 0, 0]],
    [10, 1, [10, 10, 10, 10, 10, 10, 10]],
    [0, 0.3, [0, 0, 0, 0, 0, 0, 0]],
  ])("are the quantiles of the binomial of n %d and share %d", (n, share, expectedCounts) => {
    const at = [0.001, 0.05, 0.3, 0.5, 0.9, 0.975, 0.999];
    expect(at.map((u) => binomial(n, share, () => u))).toEqual(expectedCounts);
  });

  it("are exact up to a variance of 25, and never outside of what can be drawn", () => {
    // The normal gives 50 here.
    expect(binomial(100, 0.5, () => 0.46019)).toBe(49);
    // The normal's quantile of 2^-33 is 6.2 standard errors below the mean of 26.
    expect(binomial(10_000, 0.0026, () => 2 ** -33)).toBe(0);
    // The masses of 0 to 3 add up to a little less than 1.
    expect(binomial(3, 0.3, () => 1)).toBe(3);
  });

  it("come from numbers above 0, also if the seed's is 0", () => {
    // The first number of this seed is 0: the middle of its step of 2^-32 is 2^-33.
    expect(seededRandom(2_463_401_483)()).toBe(0);
    expect(openRandom(2_463_401_483)()).toBe(2 ** -33);
  });

  // scipy: binom.ppf(0.9, 10, 0.25) is 4; of the other 6, 2 of 3 go to the second bin: 6 - binom.ppf(0.3, 6, 1 / 3) is 5.
  it("are those of a multinomial bin by bin, the last of which gets what is left", () => {
    const numbers = [0.9, 0.3];
    const into = new Float64Array(3);
    multinomial(10, [0.25, 0.5, 0.25], () => numbers.shift()!, into);
    expect([...into]).toEqual([4, 5, 1]);
    const drawn: number[] = [];
    multinomial(10, [0.25, 0.5, 0.25], () => drawn.push(0) / 4, into);
    expect(drawn).toHaveLength(2);
  });

  // Means n p_k, variances n p_k (1 - p_k) and covariances -n p_j p_k, of 4,000 draws: within 5 standard errors.
  it("spreads all rows over the bins of a multinomial by their shares", () => {
    const [n, draws, shares] = [1_000, 4_000, [0.2, 0.5, 0.3]];
    const random = openRandom(1);
    const into = new Float64Array(3);
    const sums = [0, 0, 0];
    const squares = [0, 0, 0];
    let products = 0;
    for (let draw = 0; draw < draws; draw++) {
      multinomial(n, shares, random, into);
      expect(into.reduce((sum, count) => sum + count, 0)).toBe(n);
      for (let k = 0; k < 3; k++) {
        sums[k]! += into[k]!;
        squares[k]! += (into[k]! - n * shares[k]!) ** 2;
      }
      products += (into[0]! - 200) * (into[1]! - 500);
    }
    for (let k = 0; k < 3; k++) {
      const variance = n * shares[k]! * (1 - shares[k]!);
      expect(Math.abs(sums[k]! / draws - n * shares[k]!)).toBeLessThan(5 * Math.sqrt(variance / draws));
      expect(Math.abs(squares[k]! / draws / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
    }
    // -n p_j p_k is -100; the product's standard deviation is about sqrt(160 * 250 + 100^2).
    expect(Math.abs(products / draws + 100)).toBeLessThan(5 * Math.sqrt(50_000 / draws));
  });
});
