import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { type RedisCluster, startRedisCluster } from "../../../test/redis-cluster";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "./predictor-bench";
import { publishBundle, tweetBundle } from "./tweet-model";

let cluster: RedisCluster;
let bench: PredictorBench;

beforeAll(async () => {
  cluster = await startRedisCluster(3);
  bench = await openPredictorBench(cluster.url, true);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await cluster.stop();
});

it("batches run on a Redis Cluster of three nodes, with ranges and with bytes in Redis", async () => {
  const model = `models:/${await publishBundle(tweetBundle())}/1`;
  const input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 6_000, 5);
  const { text } = await oracle(input, tweetBundle(), "1");
  const env = { COLAML_CHUNK_BYTES: "65536" };
  await Promise.all([bench.start({ env }), bench.start({ env })]);
  for (const transport of ["file", "redis"] as const) {
    const output = join(bench.folder, `${transport}.csv`);
    await bench.result(await bench.submit({ model, input: { path: input }, output, transport }));
    expect((await readFile(output, "utf8")) === text).toBe(true);
  }
  expect((await leftovers(bench, [])).jobs).toBe(0);
}, 60_000);
