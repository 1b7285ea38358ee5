import { execFileSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { submitJob } from "@colaml/producer/submit/submit-job";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { Redis } from "ioredis";
import { isMountable } from "../../../../test/mountable";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

let redis: PrivateRedis;
let bench: PredictorBench;
let model: string;
let input: string;
let expected: Awaited<ReturnType<typeof oracle>>;
const small = { COLAML_CHUNK_BYTES: "16384", COLAML_WINDOW: "4" };
const canMount = isMountable();

beforeAll(async () => {
  redis = await startPrivateRedis();
  model = `models:/${await publishBundle(tweetBundle())}/1`;
}, 60_000);
afterAll(() => redis.stop());
beforeEach(async () => {
  bench = await openPredictorBench(redis.url);
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 20_000, 11);
  expected = await oracle(input, tweetBundle(), "1");
}, 60_000);
afterEach(() => bench.close());

async function until(condition: () => boolean | Promise<boolean>) {
  for (const deadline = Date.now() + 30_000; !(await condition()); await delay(5)) {
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${bench.logs().slice(-2000)}`);
  }
}

/** The rows that a batch has behind it for good. */
async function checkpointed(folder: string, name = "out.csv"): Promise<number> {
  const text = await readFile(join(folder, `.${name}.colaml`, "checkpoint.json"), "utf8").catch(() => "{}");
  return (JSON.parse(text) as { rows?: number }).rows ?? 0;
}

const underWay = () => until(async () => (await checkpointed(bench.folder)) > 0);

async function expectOracle(output: string) {
  expect((await readFile(output, "utf8")) === expected.text).toBe(true);
  expect((await verifyReceipt(output)).problems).toEqual([]);
}

async function expectOracleAlone(output: string) {
  await expectOracle(output);
  const names = (await readdir(bench.folder)).filter((name) => /^(tweets|out)\.csv/.test(name));
  expect(await leftovers(bench, names)).toEqual({ jobs: 0, files: [] });
}

describe("an output that cannot be written", () => {
  (canMount ? it : it.skip)(
    "because the disk is full fails the job, which reports it and resumes from its checkpoint when there is room",
    async () => {
      const disk = join(bench.folder, "disk");
      await mkdir(disk);
      const mount = (...args: string[]) => execFileSync("mount", [...args, disk]);
      mount("-t", "tmpfs", "-o", "size=600k", "tmpfs");
      try {
        await bench.start({ env: small });
        const output = join(disk, "out.csv");
        const submit = () => bench.submit({ model, input: { path: input }, output });
        await expect(bench.result(await submit())).rejects.toThrow(
          /^OUTPUT_UNWRITABLE: cannot write \S+: the disk is full \(ENOSPC\)/,
        );
        expect(existsSync(output)).toBe(false);
        const kept = await checkpointed(disk);
        expect(kept).toBeGreaterThan(0);
        expect((await leftovers(bench, [])).jobs).toBe(0);
        mount("-o", "remount,size=8m");
        expect((await bench.result(await submit())).rows).toBe(expected.rows);
        expect(bench.logs()).toMatch(/resuming behind row [1-9]/);
        await expectOracle(output);
        expect((await readdir(disk)).filter((name) => name.startsWith("."))).toEqual([]);
      } finally {
        execFileSync("umount", [disk]);
      }
    },
    60_000,
  );

  it("because its folder goes away in mid-batch fails the job with the folder's name", async () => {
    const folder = join(bench.folder, "out");
    await mkdir(folder);
    await bench.start({ env: small });
    const job = await bench.submit({ model, input: { path: input }, output: join(folder, "out.csv") });
    await until(async () => (await checkpointed(folder)) > 0);
    // the job still writes into it: what comes in between is removed, too
    await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 10 });
    await expect(bench.result(job)).rejects.toThrow(/^(OUTPUT_UNWRITABLE: .*out\.csv|INTERNAL: lock lost)/);
    expect((await leftovers(bench, [])).jobs).toBe(0);
  }, 60_000);

  // root may write everywhere but to a disk that is mounted so
  (canMount || process.getuid?.() !== 0 ? it : it.skip)(
    "because it is read-only is refused",
    async () => {
      const folder = join(bench.folder, "locked");
      await mkdir(folder);
      if (canMount) execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder]);
      else chmodSync(folder, 0o550);
      try {
        await bench.start({ env: small });
        const job = await bench.submit({ model, input: { path: input }, output: join(folder, "out.csv") });
        await expect(bench.result(job)).rejects.toThrow(/^OUTPUT_UNWRITABLE: .*(read-only|no permission)/);
      } finally {
        if (canMount) execFileSync("umount", [folder]);
        else chmodSync(folder, 0o750);
      }
    },
    60_000,
  );
});

describe("Redis", () => {
  it.each(["file", "redis"] as const)(
    "that is full refuses new jobs by name; a batch by %s waits, resumes and gives up no chunk",
    async (transport) => {
      await bench.start({ env: small });
      const output = join(bench.folder, "out.csv");
      const job = await bench.submit({ model, input: { path: input }, output, transport });
      await underWay();
      const admin = new Redis(redis.url);
      await admin.config("SET", "maxmemory", "1");
      const queues = await openJobQueues({
        redis: { url: redis.url, prefix: bench.prefix, cluster: false },
      }).catch((error: Error) => error);
      const refused =
        queues instanceof Error
          ? queues
          : await submitJob(queues, {
              queue: "predict",
              payload: predictJobSchema.parse({ model, input: { path: input }, output: `${output}.2.csv` }),
            }).catch((error: Error) => error);
      expect(refused).toMatchObject({
        code: "REDIS_FULL",
        message: expect.stringContaining("is out of memory"),
      });
      if (!(queues instanceof Error)) await queues.close();
      // both the coordinator and the scorer have met it by then
      await delay(3_000);
      await admin.config("SET", "maxmemory", "0");
      admin.disconnect();
      const result = await bench.result(job);
      expect(result.setAside).toBeUndefined();
      expect((await bench.queue("predict").getJob(job))!.attemptsMade).toBe(1);
      await expectOracleAlone(output);
    },
    60_000,
  );

  it("that loses what it knew of the last chunks costs only their scoring", async () => {
    await bench.start({ env: small });
    const output = join(bench.folder, "out.csv");
    const job = await bench.submit({ model, input: { path: input }, output });
    await underWay();
    // what lay on its disk at one moment, its end torn off, is all it has at a later one
    await cp(redis.dataFolder, `${bench.folder}/state-of-redis`, { recursive: true });
    const before = await checkpointed(bench.folder);
    await until(async () => (await checkpointed(bench.folder)) > before || existsSync(output));
    expect(existsSync(output)).toBe(false);
    await redis.kill();
    redis.wipe();
    await cp(`${bench.folder}/state-of-redis`, redis.dataFolder, { recursive: true });
    await rm(`${bench.folder}/state-of-redis`, { recursive: true });
    await tearOff(redis.dataFolder, 37);
    await redis.restart();
    const result = await bench.result(job);
    expect(result.rows).toBe(expected.rows);
    await until(async () => (await leftovers(bench, [])).jobs === 0);
    await expectOracleAlone(output);
  }, 60_000);

  it("that is away for longer than its locks last is waited for", async () => {
    await bench.start({ env: { ...small, COLAML_LOCK_MS: "1000", COLAML_STALLED_MS: "500" } });
    const output = join(bench.folder, "out.csv");
    const job = await bench.submit({ model, input: { path: input }, output });
    await underWay();
    await redis.kill();
    await delay(3_000);
    await redis.restart();
    expect((await bench.result(job)).rows).toBe(expected.rows);
    await until(async () => (await leftovers(bench, [])).jobs === 0);
    await expectOracleAlone(output);
  }, 60_000);

  it("that drops its events and its connections in mid-batch delays nothing but that", async () => {
    await bench.start({ env: small });
    const output = join(bench.folder, "out.csv");
    const job = await bench.submit({ model, input: { path: input }, output });
    const admin = new Redis(redis.url);
    await underWay();
    while (!existsSync(output)) {
      await admin.xtrim(`${bench.prefix}:predict-chunk:events`, "MAXLEN", 0);
      await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await delay(300);
    }
    admin.disconnect();
    expect((await bench.result(job)).rows).toBe(expected.rows);
    await expectOracleAlone(output);
  }, 60_000);
});

/** Cuts the last bytes off the append-only file, as a power cut may. From Redis 7 on it is several, in a folder. */
async function tearOff(data: string, bytes: number): Promise<void> {
  const folder = join(data, "appendonlydir");
  const grown = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".incr.aof"));
  const path = grown.length > 0 ? join(folder, grown.sort().at(-1)!) : join(data, "appendonly.aof");
  await truncate(path, (await stat(path)).size - bytes);
}
