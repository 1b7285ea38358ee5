import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
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

/** One process each, so that each can be struck by itself. */
const COORDINATOR = "coordinator";
const PREDICTORS = ["first predictor", "second predictor"];
const ROLES = [COORDINATOR, ...PREDICTORS];
const running = new Map<string, ChildProcess>();

async function start(role: string): Promise<void> {
  const queue = role === COORDINATOR ? "predict" : "predict-chunk";
  running.set(role, await bench.start({ env: { ...env, COLAML_PREDICTOR_QUEUES: queue } }));
}

async function replace(role: string): Promise<void> {
  await killed(running.get(role)!);
  await start(role);
}

beforeAll(async () => {
  redis = await startPrivateRedis();
  bench = await openPredictorBench(redis.url);
  model = `models:/${await publishBundle(tweetBundle())}/1`;
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, ROWS, 3);
  expected = await oracle(input, tweetBundle(), "1");
  await Promise.all(ROLES.map(start));
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

const killed = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });

/** What is killed, and started again. */
const STRIKES: Record<string, (next: () => number) => Promise<void>> = {
  "a predictor": (next) => replace(PREDICTORS[Math.floor(next() * PREDICTORS.length)]!),
  "the coordinator": () => replace(COORDINATOR),
  "all of them": async () => {
    await Promise.all(ROLES.map((role) => killed(running.get(role)!)));
    await Promise.all(ROLES.map(start));
  },
  Redis: async () => {
    await redis.kill();
    await redis.restart();
  },
};
const KINDS = Object.keys(STRIKES);

it(`${ROUNDS} rounds of kill -9 at random moments lose, double and change no row (seed ${SEED})`, async () => {
  const next = random(SEED);
  const midBatchOf = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const output = join(bench.folder, `round-${round}.csv`);
    const job = await bench.submit({ model, input: { path: input }, output });
    const folder = join(bench.folder, `.round-${round}.csv.colaml`);
    // each kind comes in turn, and some rounds have a second one
    const kinds = [KINDS[round % KINDS.length]!];
    if (next() < 0.5) kinds.push(KINDS[Math.floor(next() * KINDS.length)]!);
    for (const kind of kinds) {
      await delay(50 + next() * 700);
      if (existsSync(folder)) midBatchOf.add(kind);
      await STRIKES[kind]!(next);
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
  // otherwise nothing was tried: with a few rounds not every kind has its turn
  expect(midBatchOf.size).toBe(Math.min(ROUNDS, KINDS.length));
}, 600_000);
