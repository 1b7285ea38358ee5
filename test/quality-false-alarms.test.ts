import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const TRIALS = 1_000;
/** The stated rate: COLAML_FALSE_ALARM_RATE by default. */
const RATE = 0.01;
/** A minute's work, on a machine that may have much else to do. */
const BUSY_MS = 600_000;

interface Found {
  model: string;
  testRows: number;
  rows: number;
  failed: number;
  below: number;
  flipped: number;
}

async function measure(sizes: string, testSizes: string): Promise<Found[]> {
  const args = [join(__dirname, "quality-false-alarms.mjs"), `${TRIALS}`, sizes, testSizes];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Found[];
}

describe("quality checks of rows drawn from four models", () => {
  let found: Found[];
  beforeAll(async () => {
    found = [...(await measure("50,200,500,2000", "1500")), ...(await measure("50,2000", "300"))];
  }, BUSY_MS);

  it("fail fewer windows like the training's than the stated rate, at every size", () => {
    expect(found).toHaveLength(4 * (4 + 2));
    for (const { failed, ...of } of found)
      expect({ ...of, ok: failed < RATE * TRIALS || failed }).toMatchObject({ ok: true });
  });

  it("would fail many more by values only: these are warnings", () => {
    const small = found.filter(({ rows }) => rows === 50);
    expect(Math.max(...small.map(({ below }) => below))).toBeGreaterThan(0.2 * TRIALS);
    expect(Math.min(...small.map(({ below }) => below))).toBeGreaterThan(0.05 * TRIALS);
  });

  it("find that 20% of the labels are flipped in nearly every window of 500 rows", () => {
    const flipped = found
      .filter(({ rows }) => rows === 500)
      .map(({ model, flipped: count }) => [model, count] as const);
    const shares = new Map(flipped);
    for (const model of ["even", "skewed", "four classes"])
      expect(shares.get(model)).toBeGreaterThan(0.98 * TRIALS);
    // At an accuracy of 0.75 a fifth of flipped labels costs 10 points, of which 5 are allowed.
    expect(shares.get("weak")).toBeGreaterThan(0.85 * TRIALS);
  });
});
