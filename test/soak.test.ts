import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const folder = resolve(__dirname, "../soak");

/** The value of an expression over the modules of `soak/`, which are ES modules outside the packages. */
async function inSoak<T>(expression: string): Promise<T> {
  const statements = `
    import { judge, theilSen } from ${JSON.stringify(join(folder, "slope.mjs"))};
    import { pageOf, tableOf } from ${JSON.stringify(join(folder, "chart.mjs"))};
    import { limitOf, unmeasuredOf } from ${JSON.stringify(join(folder, "limits.mjs"))};
    import { memoryOf } from ${JSON.stringify(join(folder, "memory.mjs"))};
    process.stdout.write(JSON.stringify(${expression}));`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-"], { cwd: folder });
  // as an argument it would be too long
  run.child.stdin!.end(statements);
  return JSON.parse((await run).stdout) as T;
}

const pointsOf = (values: readonly number[], step = 1) => values.map((y, i) => ({ x: i * step, y }));

/** A point every 5 s; the value by the minute. */
const run = (minutes: number, valueAt: (minutes: number) => number) =>
  Array.from({ length: 12 * minutes }, (_, i) => ({ minutes: i / 12, value: valueAt(i / 12) }));

const hour = (valueAt: (minutes: number) => number) => run(60, valueAt);

/** Up to 1 MB more or less, another one each 5 s. */
const noiseAt = (minutes: number) => Math.sin(minutes * 12 * 37);

const STAIRS = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4];
const NOISE = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];
/** Two a step, and a third of the points 500 off. */
const OUTLIERS = Array.from({ length: 30 }, (_, i) => 100 + 2 * i + (i % 3 === 0 ? 500 : 0));

describe("the soak test's slope", () => {
  it("is scipy's theilslopes, interval included", async () => {
    const series = [pointsOf(NOISE), pointsOf(OUTLIERS), pointsOf(Array(12).fill(5)), pointsOf(STAIRS, 0.5)];
    const found = await inSoak<{ slope: number; low: number; high: number }[]>(
      `${JSON.stringify(series)}.map(theilSen)`,
    );
    const expected = [
      [0.16666666666666666, -0.06666666666666667, 0.42857142857142855],
      [2, 2, 2],
      [0, 0, 0],
      [0.6666666666666666, 0.5, 0.8],
    ];
    for (const [i, { slope, low, high }] of found.entries())
      for (const [j, value] of [slope, low, high].entries()) expect(value).toBeCloseTo(expected[i]![j]!, 12);
  });

  it("fails what grows faster than it may after the warm-up, and nothing else", async () => {
    const noise = (minutes: number) => 5 * Math.sin(minutes * 7);
    const cases: [(minutes: number) => number, boolean][] = [
      // 60 an hour, allowed are 40
      [(at) => 100 + at + noise(at), true],
      [(at) => 100 + at / 2 + noise(at), false],
      // it rises only while caches fill
      [(at) => 100 + Math.min(at, 10) * 10 + noise(at), false],
      // collections of garbage
      [(at) => 100 + 8 * (at % 5) + noise(at), false],
    ];
    const series = cases.map(([valueAt]) => hour(valueAt));
    const limit = { perHour: 40, least: 20 };
    const fails = await inSoak<boolean[]>(
      `${JSON.stringify(series)}.map((points) => judge(points, ${JSON.stringify(limit)}, 10).fails)`,
    );
    expect(fails).toEqual(cases.map(([, expected]) => expected));
  });

  it("fails a leak of 1 MB a minute in the 20 judged minutes of a run, in V8's heap and beside it, and no garbage", async () => {
    // a full collection every 3 minutes, and what it leaves differs by a few MB
    const heap = (minutes: number) => 30 + 2 * Math.sin(Math.floor(minutes / 3) * 7);
    const grown = (minutes: number) => heap(minutes) + 3 * Math.floor(minutes / 3);
    // glibc gives some of it back now and then; a training takes 10 MB for some seconds
    const outside = (minutes: number) =>
      70 + 3 * Math.sin(minutes / 2) + (minutes % 2 < 0.3 ? 10 : 0) + noiseAt(minutes);
    const cases: [string, (minutes: number) => number, boolean][] = [
      ["monitor 1 heap after collection", heap, false],
      ["monitor 1 heap after collection", grown, true],
      ["monitor 1 outside the heap", outside, false],
      ["monitor 1 outside the heap", (at) => outside(at) + at, true],
    ];
    const series = cases.map(([name, valueAt]) => [name, run(30, valueAt)]);
    const fails = await inSoak<boolean[]>(
      `${JSON.stringify(series)}.map(([name, points]) => judge(points, limitOf(name), 10).fails)`,
    );
    expect(fails).toEqual(cases.map(([, , expected]) => expected));
  });

  it("does not judge a rise that is less than a series' noise, however steep, nor a series without a limit", async () => {
    const short = Array.from({ length: 24 }, (_, i) => ({ minutes: i / 12, value: 100 + i / 3 }));
    const [below, none] = await inSoak<{ slope: number; fails: boolean }[]>(
      `[{ perHour: 40, least: 20 }, undefined].map((limit) => judge(${JSON.stringify(short)}, limit, 0))`,
    );
    // a third every 5 s
    expect(below!.slope).toBeCloseTo(240, 9);
    expect([below!.fails, none!.fails]).toEqual([false, false]);
  });
});

it("the soak test shows each series as chart and row, those that fail first", async () => {
  const grows = hour((at) => at * 2);
  const holds = hour(() => 3);
  const { page, table } = await inSoak<{ page: string; table: string }>(`(() => {
    const series = [["monitor 1 descriptors", ${JSON.stringify(holds)}], ["predictor 1 outside the heap", ${JSON.stringify(grows)}]]
      .map(([name, points]) => ({ name, points, verdict: judge(points, limitOf(name), 20) }));
    const doors = { "a <door>": { done: 3, failed: 1, reason: "<no>" } };
    return { page: pageOf(series, { minutes: 60, warmUp: 20, doors }), table: tableOf(series) };
  })()`);
  const charts = [...page.matchAll(/<svg [^>]*class="(\w+)" aria-label="([^"]*)"/g)].map(
    ([, ...found]) => found,
  );
  expect(charts).toEqual([
    ["fails", "predictor 1 outside the heap: +120/h"],
    ["holds", "monitor 1 descriptors: +0.00/h"],
  ]);
  expect(page).not.toMatch(/<no>|<door>/);
  expect(table.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["series", "from", "to", "peak", "per hour", "95% from", "to", "allowed"],
    ["monitor 1 descriptors", "3.00", "3.00", "3.00", "0.00", "0.00", "0.00", "12.0"],
    ["predictor 1 outside the heap", "43.9", "116", "120", "120", "120", "120", "20.0", "FAILS"],
  ]);
});

describe("the soak test's measure of memory", () => {
  const METRICS = `# TYPE colaml_process_resident_memory_bytes gauge
colaml_process_resident_memory_bytes{service="monitor-worker"} 188743680
colaml_nodejs_heap_size_total_bytes{service="monitor-worker"} 73400320
colaml_nodejs_heap_size_used_bytes{service="monitor-worker"} 62914560
`;

  it("is what V8's heap holds after a full collection, and what is resident beside V8's heap", async () => {
    const texts = [
      `${METRICS}colaml_heap_after_collection_bytes{service="monitor-worker"} 28311552\n`,
      // V8 has not collected yet
      METRICS,
      "",
    ];
    // 180 less 70 MB are outside
    expect(await inSoak<unknown>(`${JSON.stringify(texts)}.map(memoryOf)`)).toEqual([
      { heap: 27, outside: 110 },
      { outside: 110 },
      {},
    ]);
  });

  it("names what was not measured: a process that does not answer must not pass as one that does not grow", async () => {
    const points = (length: number) => Array.from({ length }, () => ({}));
    const series = [
      { name: "monitor 1 RSS", points: points(10) },
      { name: "monitor 1 heap after collection", points: points(9) },
      { name: "monitor 1 outside the heap", points: points(4) },
      { name: "server RSS", points: points(10) },
      { name: "Redis RSS", points: points(10) },
    ];
    expect(await inSoak<string[]>(`unmeasuredOf(${JSON.stringify(series)})`)).toEqual([
      "monitor 1 outside the heap",
      "server heap after collection",
      "server outside the heap",
    ]);
  });
});
