import { jensenShannonDistance } from "@colaml/monitor-worker/statistics/jensen-shannon";
import { normalQuantile } from "@colaml/monitor-worker/statistics/normal";
import { populationStabilityIndex, smoothedShares } from "@colaml/monitor-worker/statistics/psi";
import { binomial, multinomial, openRandom } from "@colaml/monitor-worker/statistics/random";
import { studentQuantile } from "@colaml/monitor-worker/statistics/student";
import { wilsonInterval } from "@colaml/monitor-worker/statistics/wilson-interval";
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
      expect(Math.abs(studentQuantile(share!, n!) - quantile!)).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(quantile!)),
      );
    },
  );

  it("keeps empty bins finite", () => {
    const [p, q] = [smoothedShares([10, 0]), smoothedShares([0, 10])];
    expect(Number.isFinite(populationStabilityIndex(p, q))).toBe(true);
    expect([...smoothedShares([0, 1])]).toEqual([0.25, 0.75]);
    expect([...smoothedShares([0, 0, 0, 0], 0)]).toEqual([0.25, 0.25, 0.25, 0.25]);
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

  it("spreads all rows over the bins of a multinomial", () => {
    const into = new Float64Array(3);
    multinomial(1_000, [0.2, 0.5, 0.3], openRandom(1), into);
    expect(into.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  });
});
