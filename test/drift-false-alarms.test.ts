import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DRIFT_STATISTICS } from "@colaml/shared/contracts/monitor";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { itWithRealData, realDataPath } from "../packages/shared/test/real-data";

const RATES = [0.01, 0.1];
const TRIALS = 150;
/** 20 seconds' work, on a machine that may have much else to do. */
const BUSY_MS = 600_000;

interface Found {
  /** Of `TRIALS` windows of the same rows, how many raise any drift level at each of `RATES`. */
  alarms: { reference: number; window: number; counts: number[]; ofStatistic: Record<string, number> }[];
  stretches: { windows: number; alarms: number; asIfRandom: number; words: number };
  halves: { level: string; scores: number };
  sides: { label: string; rows: number; level: string; words: number }[];
  /** Windows in which a class has fallen by this many points, and how many of them are an alert. */
  falls: { points: number; rows: number; windows: number; alerts: number }[];
  /** Against a training file that is sorted by label: windows with a fall of 30 points. */
  sorted: { designEffects: number[]; windows: number; alerts: number };
}

async function measure(learned: string, rows: string, sizes: string): Promise<Found> {
  const args = [join(__dirname, "false-alarms.mjs"), learned, rows, `${TRIALS}`, sizes, RATES.join()];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Found;
}

/** Least and most successes of `n` trials of chance `p` that 99.9% of samples stay within. */
function binomialRange(n: number, p: number): [number, number] {
  const masses = [(1 - p) ** n];
  for (let k = 1; k <= n; k++) masses.push((masses[k - 1]! * (n - k + 1) * p) / (k * (1 - p)));
  let below = 0;
  const cumulated = masses.map((mass) => {
    below += mass;
    return below;
  });
  return [cumulated.findIndex((mass) => mass > 0.0005), cumulated.findIndex((mass) => mass >= 0.9995)];
}

/** The rate is that of a whole check, at every window size: not above the setting, and not far below it. */
function expectTheSetting({ alarms }: Found): void {
  const totals = RATES.map((rate, i) => {
    const counts = alarms.map((size) => size.counts[i]!);
    for (const count of counts) expect(count).toBeLessThanOrEqual(binomialRange(TRIALS, rate)[1]);
    return counts.reduce((sum, count) => sum + count, 0);
  });
  for (const [i, rate] of RATES.entries()) {
    const trials = TRIALS * alarms.length;
    expect(totals[i]).toBeLessThanOrEqual(binomialRange(trials, rate)[1]);
    // The five statistics see the same rows, so their parts of the rate overlap: half of it may stay unused.
    expect(totals[i]).toBeGreaterThanOrEqual(binomialRange(trials, rate / 2)[0]);
  }
  expect(totals[1]).toBeGreaterThan(3 * totals[0]!);
}

/** Each of the five statistics has a fifth of the rate, also the one of words, which come together. */
function expectEqualParts({ alarms }: Found): void {
  const [, most] = binomialRange(TRIALS * alarms.length, RATES.at(-1)! / DRIFT_STATISTICS.length);
  for (const statistic of DRIFT_STATISTICS) {
    const count = alarms.reduce((sum, { ofStatistic }) => sum + ofStatistic[statistic]!, 0);
    expect([statistic, count <= most || count]).toEqual([statistic, true]);
  }
}

function expectSidesToDiffer({ sides }: Found): void {
  expect(sides.map(({ label, rows, level }) => [label, rows, level])).toEqual([
    ["False", 200, "alert"],
    ["False", 1_000, "alert"],
    ["True", 200, "alert"],
    ["True", 1_000, "alert"],
  ]);
  for (const { rows, words } of sides) if (rows === 1_000) expect(words).toBeGreaterThan(0);
}

/** More rows never give a milder verdict: chance may leave one window in twenty out. */
function expectNoMilderVerdict({ falls }: Found): void {
  for (const points of [30, 15]) {
    const alerts = falls.filter((fall) => fall.points === points).map(({ alerts: count }) => count);
    expect(alerts).toHaveLength(3);
    const slack = falls[0]!.windows / 20;
    for (const [i, count] of alerts.slice(1).entries())
      expect(count).toBeGreaterThanOrEqual(alerts[i]! - slack);
    if (points === 30) expect(Math.min(...alerts)).toBeGreaterThanOrEqual(falls[0]!.windows - slack);
  }
}

function expectOrderNotToBlind({ sorted: { designEffects, windows, alerts } }: Found): void {
  for (const effect of designEffects) expect(effect).toBeLessThan(2);
  expect(alerts).toBeGreaterThanOrEqual(windows - windows / 20);
}

describe("synthetic tweets", () => {
  let folder: string;
  let found: Found;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "drift-"));
    const [learned, others] = [join(folder, "learned.csv"), join(folder, "others.csv")];
    await writeSyntheticTweets(learned, 3_000, 1);
    await writeSyntheticTweets(others, 11_000, 2);
    found = await measure(learned, others, "2000:200,2000:1000,5000:5000");
  }, BUSY_MS);
  afterAll(() => rm(folder, { recursive: true }));

  it("raise a drift alarm as often as the setting says, in windows of 200, 1,000 and 5,000 rows", () => {
    expectTheSetting(found);
    expectEqualParts(found);
  });

  it("raise none between random halves", () => {
    expect(found.halves).toEqual({ level: "none", scores: 5 });
  });

  it("are an alert if only customers, or only agents, are compared with both", () => {
    expectSidesToDiffer(found);
  });

  it("are an alert at 500, 1,000 and 5,000 rows if a class has fallen by 30 points, and more surely in more rows", () => {
    expectNoMilderVerdict(found);
  });

  it("are no less of an alert to a model whose training file was sorted by label", () => {
    expectOrderNotToBlind(found);
  });
});

describe("the real tweets", () => {
  let found: Found;
  beforeAll(async () => {
    if (realDataPath !== undefined)
      found = await measure(realDataPath, realDataPath, "2000:200,2000:1000,2400:2400");
  }, BUSY_MS);

  itWithRealData("raise a drift alarm as often as the setting says, at every window size", () => {
    expectTheSetting(found);
    expectEqualParts(found);
  });

  itWithRealData("raise none between random halves", () => {
    expect(found.halves).toEqual({ level: "none", scores: 5 });
  });

  itWithRealData("raise none between neighbouring rows and the rest, which are alike", () => {
    const { windows, alarms, asIfRandom, words } = found.stretches;
    expect(windows).toBeGreaterThan(15);
    expect(alarms).toBeLessThanOrEqual(binomialRange(windows, 0.01)[1]);
    expect(words).toBeLessThanOrEqual(binomialRange(windows, 0.01)[1]);
    expect(asIfRandom).toBeGreaterThan(binomialRange(windows, 0.01)[1]);
  });

  itWithRealData("are an alert if only customers, or only agents, are compared with both", () => {
    expectSidesToDiffer(found);
  });

  itWithRealData("are an alert at 500, 1,000 and 5,000 rows if a class has fallen by 30 points", () => {
    expectNoMilderVerdict(found);
  });

  itWithRealData("are no less of an alert to a model whose training file was sorted by label", () => {
    expectOrderNotToBlind(found);
  });
});
