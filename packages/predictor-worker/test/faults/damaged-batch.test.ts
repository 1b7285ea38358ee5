import { existsSync } from "node:fs";
import { readFile, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { mlflowOfTests, publishBundle, tweetBundle } from "../tweet-model";

const env = { COLAML_CHUNK_BYTES: "16384", COLAML_WINDOW: "4" };

let bench: PredictorBench;
let input: string;
let output: string;
const path = (name: string) => join(bench.folder, ".out.csv.colaml", name);

beforeEach(async () => {
  bench = await openPredictorBench();
  input = join(bench.folder, "tweets.csv");
  output = join(bench.folder, "out.csv");
  await writeSyntheticTweets(input, 20_000, 11);
}, 60_000);
afterEach(() => bench.close());

/** A job whose predictor was killed behind its first checkpoint. */
async function killedBehindCheckpoint(model: string): Promise<string> {
  const predictor = await bench.start({ env });
  const job = await bench.submit({ model, input: { path: input }, output });
  for (const deadline = Date.now() + 30_000; !existsSync(path("checkpoint.json")); await delay(5))
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${bench.logs().slice(-2_000)}`);
  predictor.kill("SIGKILL");
  return job;
}

async function expectWhole(job: string, bundle: ReturnType<typeof tweetBundle>, version: string) {
  await bench.start({ env });
  expect((await bench.result(job)).modelVersion).toBe(version);
  const expected = await oracle(input, bundle, version);
  expect((await readFile(output, "utf8")) === expected.text).toBe(true);
  expect((await verifyReceipt(output)).problems).toEqual([]);
  expect(bench.logs()).not.toContain("resuming behind row");
}

it("a batch whose plan was damaged begins anew, with one version of the model for all of its rows", async () => {
  const { registry } = mlflowOfTests();
  const name = await publishBundle(tweetBundle(1));
  await publishBundle(tweetBundle(2), name);
  await registry.setAlias(name, "champion", "1");
  const job = await killedBehindCheckpoint(`models:/${name}@champion`);
  await registry.setAlias(name, "champion", "2");
  await truncate(path("batch.json"), 100);
  await expectWhole(job, tweetBundle(2), "2");
  expect(bench.logs()).toMatch(/batch\.json cannot be read and counts as absent/);
}, 90_000);

it("a batch whose output the disk cut short before its checkpoint begins anew", async () => {
  const job = await killedBehindCheckpoint(`models:/${await publishBundle(tweetBundle())}/1`);
  const { outputBytes } = JSON.parse(await readFile(path("checkpoint.json"), "utf8"));
  expect((await stat(path("output"))).size).toBeGreaterThanOrEqual(outputBytes);
  await truncate(path("output"), outputBytes - 10);
  await expectWhole(job, tweetBundle(), "1");
  expect(bench.logs()).toMatch(/the disk lost some, and all is scored again/);
}, 90_000);
