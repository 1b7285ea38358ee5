import { existsSync } from "node:fs";
import { appendFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cancelJob } from "@colaml/producer/submit/cancel-job";
import { retryJob } from "@colaml/producer/submit/job-control";
import { listJobs } from "@colaml/producer/submit/list-jobs";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { readReceipt, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { requestCancel } from "@colaml/shared/queue/cancel";
import { parse } from "csv-parse/sync";
import { Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";
import { FRAGILE_MAIN, leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

let redis: PrivateRedis;
let bench: PredictorBench;
let model: string;
let input: string;
let expected: Awaited<ReturnType<typeof oracle>>;
const small = { COLAML_CHUNK_BYTES: "16384", COLAML_WINDOW: "4" };

beforeAll(async () => {
  redis = await startPrivateRedis();
  model = `models:/${await publishBundle(tweetBundle())}/1`;
}, 60_000);
afterAll(() => redis.stop());
beforeEach(async () => {
  bench = await openPredictorBench(redis.url);
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 6_000, 11);
  expected = await oracle(input, tweetBundle(), "1");
}, 60_000);
afterEach(() => bench.close());

async function expectOracle(output: string) {
  expect((await readFile(output, "utf8")) === expected.text).toBe(true);
  const { receipt, problems } = await verifyReceipt(output);
  expect(problems).toEqual([]);
  expect(receipt.rejectedByReason).toEqual({ "no text": expected.rejected });
  expect(receipt.withoutKnownWords?.rows).toBe(expected.withoutKnownWords);
  const names = (await readdir(bench.folder)).filter(
    (name) => /^(tweets|out)\.csv/.test(name) || name === "crashed",
  );
  expect(await leftovers(bench, names)).toEqual({ jobs: 0, files: [] });
}

const submit = (output: string, jobId?: string) =>
  bench.submit({ model, input: { path: input }, output }, jobId);

async function until(condition: () => boolean | Promise<boolean>) {
  for (const deadline = Date.now() + 30_000; !(await condition()); await delay(5)) {
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${bench.logs().slice(-2000)}`);
  }
}

/** A batch that has written its first checkpoint and is far from its end. */
const underWay = (output: string) =>
  until(() => existsSync(join(bench.folder, `.${output.split("/").at(-1)}.colaml`, "checkpoint.json")));

it.each(["added", "written", "synced", "checkpointed", "complete", "renamed"])(
  "a coordinator killed right after `%s` is taken up by another, which does not do it again",
  async (step) => {
    const once = join(bench.folder, "crashed");
    const fragile = {
      ...small,
      CRASH_AT: step,
      CRASH_ONCE: once,
      CRASH_AFTER: /complete|renamed/.test(step) ? "1" : "9",
    };
    await bench.start({ env: { ...fragile, COLAML_PREDICTOR_QUEUES: "predict" }, main: FRAGILE_MAIN });
    await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict-chunk" } });
    const output = join(bench.folder, "out.csv");
    const job = await submit(output);
    await until(() => existsSync(once));
    await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict" } });
    expect((await bench.result(job)).rows).toBe(expected.rows);
    await expectOracle(output);
    if (step === "checkpointed") expect(bench.logs()).toContain("resuming behind row");
  },
  60_000,
);

it.each(["while it worked", "before it had the folder", "before it made a new folder"])(
  "a coordinator that another attempt at its job overtook %s gives the result of that one",
  async (when) => {
    const output = join(bench.folder, "out.csv");
    const earlier = join(bench.folder, "earlier.csv");
    await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict-chunk" } });
    const plain = await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict" } });
    await bench.result(await submit(earlier));
    const receipt = JSON.parse(await readFile(`${earlier}.receipt.json`, "utf8"));
    plain.kill("SIGKILL");
    const keeps = when === "before it made a new folder" ? "1" : "";
    const env = { ...small, OVERTAKEN: output, OVERTAKEN_BY: earlier, OVERTAKEN_KEEPS: keeps };
    await rm(`${earlier}.receipt.json`);
    const jobId = "overtaken";
    // as the attempt that was taken for dead leaves it: after its lock was lost, and before this one is at the end
    const place = async () => {
      const placed = { ...receipt, jobId, output: { ...receipt.output, path: output } };
      await writeFile(`${earlier}.receipt.tmp`, JSON.stringify(placed));
      await rename(`${earlier}.receipt.tmp`, `${earlier}.receipt.json`);
    };
    if (when === "before it had the folder") await place();
    await bench.start({ env: { ...env, COLAML_PREDICTOR_QUEUES: "predict" }, main: FRAGILE_MAIN });
    const job = await submit(output, jobId);
    if (when !== "before it had the folder") await place();
    expect((await bench.result(job)).rows).toBe(expected.rows);
    await expectOracle(output);
  },
  60_000,
);

it("a Redis that comes back empty loses only the job: the same request resumes from the checkpoint", async () => {
  const output = join(bench.folder, "out.csv");
  const predictor = await bench.start({ env: small });
  await submit(output);
  await underWay(output);
  predictor.kill("SIGKILL");
  await redis.kill();
  redis.wipe();
  await redis.restart();
  const first = JSON.parse(await readFile(join(bench.folder, ".out.csv.colaml", "checkpoint.json"), "utf8"));
  await bench.start({ env: small });
  const result = await bench.result(await submit(output));
  expect(result.rows).toBe(expected.rows);
  expect(bench.logs()).toContain(`resuming behind row ${first.rows + first.rejected}`);
  await expectOracle(output);
}, 60_000);

it("a checkpoint of an earlier release is taken up: what it did not count stays absent", async () => {
  const output = join(bench.folder, "out.csv");
  const predictor = await bench.start({ env: small });
  const job = await submit(output);
  await underWay(output);
  predictor.kill("SIGKILL");
  const path = (name: string) => join(bench.folder, ".out.csv.colaml", name);
  const read = async (name: string) => JSON.parse(await readFile(path(name), "utf8"));
  const { rejectedByReason: _, withoutKnownWords: __, ...checkpoint } = await read("checkpoint.json");
  await writeFile(path("checkpoint.json"), JSON.stringify(checkpoint));
  const { labelWithoutTerms: ___, ...record } = await read("batch.json");
  await writeFile(path("batch.json"), JSON.stringify(record));
  await bench.start({ env: small });
  const result = await bench.result(job);
  expect(bench.logs()).toContain(`resuming behind row ${checkpoint.rows + checkpoint.rejected}`);
  expect(result).toMatchObject({ rows: expected.rows, rejected: expected.rejected });
  const { receipt, problems } = await verifyReceipt(output);
  expect(problems).toEqual([]);
  for (const said of [result, receipt]) {
    expect(said).not.toHaveProperty("rejectedByReason");
    expect(said).not.toHaveProperty("withoutKnownWords");
  }
}, 60_000);

it("frozen predictors that wake up behind their locks change nothing", async () => {
  const output = join(bench.folder, "out.csv");
  const frozen = await bench.start({ env: small });
  const job = await submit(output);
  await underWay(output);
  frozen.kill("SIGSTOP");
  await bench.start({ env: small });
  await until(async () => Boolean((await bench.queue("predict").getJob(job))?.stalledCounter));
  frozen.kill("SIGCONT");
  expect((await bench.result(job)).rows).toBe(expected.rows);
  await until(async () => (await leftovers(bench, [])).jobs === 0);
  await until(() => bench.logs().includes("predict: lock lost"));
  expect(bench.logs().split("predict: lock lost")).toHaveLength(2);
  await expectOracle(output);
}, 60_000);

it("SIGTERM in mid-batch hands the batch back without a stall, and the next one resumes", async () => {
  const output = join(bench.folder, "out.csv");
  const first = await bench.start({ env: small });
  const job = await submit(output);
  await underWay(output);
  const ended = new Promise<number | null>((resolve) => first.once("exit", resolve));
  first.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(existsSync(output)).toBe(false);
  await bench.start({ env: small });
  await bench.result(job);
  expect((await bench.queue("predict").getJob(job))!.stalledCounter).toBe(0);
  await expectOracle(output);
}, 60_000);

it("a cancelled job leaves no chunk and no file behind", async () => {
  const output = join(bench.folder, "out.csv");
  await writeSyntheticTweets(input, 60_000, 12);
  await bench.start({ env: small });
  const job = await submit(output);
  await underWay(output);
  const connection = new Redis(redis.url);
  await requestCancel(connection, bench.prefix, "predict", job);
  await expect(bench.result(job)).rejects.toThrow("JOB_CANCELLED");
  connection.disconnect();
  expect(await leftovers(bench, ["tweets.csv"])).toEqual({ jobs: 0, files: [] });
}, 60_000);

it("a job cancelled while it waits to resume leaves no chunk and no file behind either", async () => {
  const output = join(bench.folder, "out.csv");
  await writeSyntheticTweets(input, 60_000, 12);
  const coordinator = await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict" } });
  const scorer = await bench.start({ env: { ...small, COLAML_PREDICTOR_QUEUES: "predict-chunk" } });
  const job = await submit(output);
  await underWay(output);
  const ended = Promise.all(
    [coordinator, scorer].map((child) => new Promise((done) => child.once("exit", done))),
  );
  scorer.kill("SIGTERM");
  coordinator.kill("SIGTERM");
  await ended;
  expect((await leftovers(bench, [])).jobs).toBeGreaterThan(0);
  const queues = await openJobQueues({ redis: { url: redis.url, prefix: bench.prefix, cluster: false } });
  expect(await cancelJob(queues, job)).toMatchObject({ cancelled: "requested" });
  await queues.close();
  await bench.start({ env: small });
  await expect(bench.result(job)).rejects.toThrow("JOB_CANCELLED");
  expect(await leftovers(bench, ["tweets.csv"])).toEqual({ jobs: 0, files: [] });
}, 60_000);

describe("a row that a worker cannot take", () => {
  const poisoned = async () => {
    const text = await readFile(input, "utf8");
    const lines = text.split("\n");
    const at = lines.findIndex((line, i) => i > 3_000 && /^\d+,\d+,[^"]*$/.test(line));
    const fields = lines[at]!.split(",");
    fields[5] = "POISON";
    lines[at] = fields.join(",");
    await writeFile(input, lines.join("\n"));
  };

  it.each(["throw", "abort"])(
    "goes to the dead-letter queue with its chunk, named in the receipt, when it makes workers %s",
    async (way) => {
      await poisoned();
      const output = join(bench.folder, "out.csv");
      const fast = { ...small, COLAML_LOCK_MS: "1000", COLAML_STALLED_MS: "500" };
      await bench.start({ env: { ...fast, COLAML_PREDICTOR_QUEUES: "predict" } });
      let stopped = false;
      const keepUp = async () => {
        const env = { ...fast, POISON: way, COLAML_PREDICTOR_QUEUES: "predict-chunk" };
        const child = await bench.start({ env, main: FRAGILE_MAIN });
        child.once("exit", () => void (stopped || keepUp().catch(() => undefined)));
      };
      await keepUp();
      const result = await bench.result(await submit(output), 90_000);
      stopped = true;
      const receipt = (await readReceipt(output))!;
      expect((await verifyReceipt(output)).problems).toEqual([]);
      const [aside] = receipt.setAside;
      expect(receipt.setAside).toHaveLength(1);
      expect(result.rows + result.rejected).toBe(6_000);
      expect(result.rejectedByReason!["chunk set aside"]).toBe(aside!.records);
      expect(result.setAside).toContain(`cola jobs retry ${aside!.id}`);
      // every other row is there, as a plain pass gives it
      const rejected = parse(await readFile(`${output}.rejected.csv`), { columns: true }) as {
        reason: string;
      }[];
      const named = rejected.filter(({ reason }) => reason === `chunk ${aside!.index} set aside`);
      expect(named).toHaveLength(aside!.records);
      const lost = (await readFile(input)).subarray(aside!.start, aside!.end);
      const ids = new Set((parse(lost) as string[][]).map((row) => row[1]!));
      expect(ids.size).toBe(aside!.records);
      expect((await readFile(output, "utf8")) === (await oracle(input, tweetBundle(), "1", ids)).text).toBe(
        true,
      );
      // the chunk is among the failed jobs, and can be run again by itself
      const queues = await openJobQueues({
        redis: { url: redis.url, prefix: bench.prefix, cluster: false },
      });
      const [dead] = (await listJobs(queues)).jobs.filter(({ queue }) => queue === "predict-dead");
      expect(dead).toMatchObject({ id: aside!.id, status: "failed", error: { error_code: "CHUNK_FAILED" } });
      await bench.start({ env: { ...fast, COLAML_PREDICTOR_QUEUES: "predict-chunk" } });
      for (const child of bench.children.slice(1, -1)) child.kill("SIGKILL");
      const { id: retried } = await retryJob(queues, aside!.id);
      const again = await bench.result(retried, 60_000);
      expect(await queues.find(aside!.id)).toBeUndefined();
      await queues.close();
      expect(again.rows + again.rejected).toBe(aside!.records);
      const scored = parse(await readFile(again.output!), { columns: true }) as { id: string }[];
      expect(scored.every(({ id }) => ids.has(id))).toBe(true);
    },
    120_000,
  );
});

it("an input that changes in mid-batch fails the job, and no output appears", async () => {
  const output = join(bench.folder, "out.csv");
  await bench.start({ env: small });
  const job = await submit(output);
  await underWay(output);
  await appendFile(input, "1,2,3\n");
  await expect(bench.result(job)).rejects.toThrow("INPUT_CHANGED");
  expect(await leftovers(bench, ["tweets.csv"])).toEqual({ jobs: 0, files: [] });
}, 60_000);

it("two jobs to one output: the second is refused and names the first", async () => {
  const output = join(bench.folder, "out.csv");
  await bench.start({ env: small });
  const first = await submit(output, "first-job");
  await underWay(output);
  await expect(bench.result(await submit(output))).rejects.toThrow(/OUTPUT_(BUSY: job first-job|EXISTS)/);
  await bench.result(first);
  await expectOracle(output);
}, 60_000);
