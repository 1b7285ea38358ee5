import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { startWatchedRedis, type WatchedRedis } from "../../../../test/watched-redis";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

let redis: WatchedRedis;
let bench: PredictorBench;

beforeAll(async () => {
  redis = await startWatchedRedis();
  bench = await openPredictorBench("redis://mymaster", false, redis.sentinels);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await redis.stop();
});

it("a batch outlives its Redis: Sentinel makes the replica master, and every row is written once", async () => {
  const model = `models:/${await publishBundle(tweetBundle())}/1`;
  const input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 60_000, 11);
  const expected = await oracle(input, tweetBundle(), "1");
  const env = { COLAML_CHUNK_BYTES: "16384", COLAML_WINDOW: "4" };
  await Promise.all([bench.start({ env }), bench.start({ env })]);
  const output = join(bench.folder, "out.csv");
  const job = await bench.submit({ model, input: { path: input }, output });
  while (!existsSync(join(bench.folder, ".out.csv.colaml", "checkpoint.json"))) await delay(5);

  await redis.master.kill();
  await redis.sentinel.untilMasterIs(redis.replica.port);

  expect(existsSync(output)).toBe(false);
  expect(await bench.result(job, 90_000)).toMatchObject({ rows: expected.rows, rejected: expected.rejected });
  expect((await readFile(output, "utf8")) === expected.text).toBe(true);
  expect((await leftovers(bench, ["tweets.csv", "out.csv", "out.csv.receipt.json"])).jobs).toBe(0);
}, 120_000);
