import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { verifyReceipt } from "@colaml/shared/data/receipt";
import { writeSyntheticTweets } from "@colaml/shared/data/synthetic-tweets";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

const ROUNDS = Number(process.env["COLAML_CHAOS_ROUNDS"] ?? 20);
const SEED = Number(process.env["COLAML_CHAOS_SEED"] ?? Date.now() % 1_000_000);
const ROWS = 8_000;

let redis: PrivateRedis;
let bench: PredictorBench;
let model: string;
let input: string;
let expected: Awaited<ReturnType<typeof oracle>>;
/** Small chunks, so that a batch lasts long enough to be hit; the lock a test can wait for. */
const env = {
  COLAML_CHUNK_BYTES: "8192",
  COLAML_WINDOW: "4",
  COLAML_LOCK_MS: "1000",
  COLAML_STALLED_MS: "500",
};

beforeAll(async () => {
  redis = await startPrivateRedis();
  bench = await openPredictorBench(redis.url);
  model = `models:/${await publishBundle(tweetBundle())}/1`;
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, ROWS, 3);
  expected = await oracle(input, tweetBundle(), "1");
  await Promise.all([bench.start({ env }), bench.start({ env })]);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await redis.stop();
});

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const killed = (child: (typeof bench.children)[number]) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });

/** Kills one predictor, all of them, or Redis, and starts again what was killed. */
async function strike(next: () => number): Promise<string> {
  const living = bench.children.filter((child) => child.exitCode === null && child.signalCode === null);
  const choice = next();
  if (choice < 0.4) {
    await killed(living[Math.floor(next() * living.length)]!);
    await bench.start({ env });
    return "one predictor";
  }
  if (choice < 0.7) {
    await Promise.all(living.map(killed));
    await Promise.all([bench.start({ env }), bench.start({ env })]);
    return "all predictors";
  }
  await redis.kill();
  await redis.restart();
  return "Redis";
}

it(`${ROUNDS} rounds of kill -9 at random moments lose, double and change no row (seed ${SEED})`, async () => {
  const next = random(SEED);
  const struck: Record<string, number> = {};
  let midBatch = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const output = join(bench.folder, `round-${round}.csv`);
    const job = await bench.submit({ model, input: { path: input }, output });
    const folder = join(bench.folder, `.round-${round}.csv.colaml`);
    for (let strikes = 1 + Math.floor(next() * 2); strikes > 0; strikes--) {
      await delay(50 + next() * 700);
      if (existsSync(folder)) midBatch++;
      const what = await strike(next);
      struck[what] = (struck[what] ?? 0) + 1;
    }
    const result = await bench.result(job, 90_000);
    expect({ round, rows: result.rows, rejected: result.rejected }).toEqual({
      round,
      rows: expected.rows,
      rejected: expected.rejected,
    });
    expect((await readFile(output, "utf8")) === expected.text).toBe(true);
    expect((await verifyReceipt(output)).problems).toEqual([]);
    const names = (await readdir(bench.folder)).filter((name) => /^(tweets|round-\d+)\.csv/.test(name));
    expect(await leftovers(bench, names)).toEqual({ jobs: 0, files: [] });
  }
  expect(Object.keys(struck).length).toBe(ROUNDS >= 10 ? 3 : Object.keys(struck).length);
  expect(midBatch).toBeGreaterThan(0);
}, 600_000);
