import { mcnemarTest } from "@colaml/trainer-worker/champion/mcnemar";

// statsmodels 0.14: mcnemar([[0, a], [b, 0]], exact=a + b < 25, correction=True).pvalue
const STATSMODELS: [number, number, number][] = [
  [10, 2, 0.03857421875],
  [3, 3, 1],
  [24, 0, 1.1920928955078125e-7],
  [30, 10, 0.002663119259138558],
  [15, 10, 0.4237107971667936],
  [100, 60, 0.002047732153668759],
];

describe("McNemar's test", () => {
  it.each(STATSMODELS)("gives statsmodels' p for %d against %d discordant rows", (a, b, p) => {
    expect(Math.abs(mcnemarTest(a, b).p / p - 1)).toBeLessThan(2e-7);
    expect(mcnemarTest(b, a).p).toBe(mcnemarTest(a, b).p);
  });

  it("knows no difference where no row is discordant", () => {
    expect(mcnemarTest(0, 0)).toEqual({ challengerOnly: 0, championOnly: 0, p: 1, method: "exact" });
  });
});
