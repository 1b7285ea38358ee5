import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { erasing, mentioning } from "@colaml/producer/forget/erase-ids";
import { keptOutputs } from "@colaml/producer/forget/kept-outputs";
import { cancelJob } from "@colaml/producer/submit/cancel-job";
import { forgetJobs } from "@colaml/producer/submit/forget-jobs";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { rememberOutput } from "@colaml/shared/queue/latest-predictions";
import { storeResult } from "@colaml/shared/queue/stored-result";
import { type ConnectionOptions, Worker } from "bullmq";
import { runCola } from "../cli/cola-process";

const GONE = "570306133677760513";
const LONGER = `${GONE}1`;
let redis: { url: string; prefix: string; cluster: boolean };
let queues: JobQueues;
let folder: string;

beforeEach(async () => {
  redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
  queues = await openJobQueues({ redis });
  folder = mkdtempSync(join(tmpdir(), "forget-jobs-"));
});
afterEach(async () => {
  await queues.close();
  rmSync(folder, { recursive: true });
});

/** Runs the jobs of a queue to their end; each returns what its payload says, or fails with it. */
async function end(queue: QueueName, jobs: Record<string, { returns?: unknown; fails?: string }>) {
  const ids = Object.keys(jobs);
  for (const id of ids) await queues.add(queue, {}, { jobId: id, attempts: 1 });
  const left = new Set(ids);
  await new Promise<void>((ended) => {
    const worker = new Worker(
      queue,
      async ({ id }) => {
        const { returns, fails } = jobs[id!]!;
        if (fails !== undefined) throw new Error(fails);
        const place = { connection: queues.redis, prefix: redis.prefix, queue, jobId: id! };
        return storeResult(place, returns);
      },
      { connection: { url: redis.url } as ConnectionOptions, prefix: redis.prefix },
    );
    const note = ({ id }: { id?: string | undefined }) => {
      left.delete(id!);
      if (left.size === 0) void worker.close().then(ended);
    };
    worker.on("completed", note);
    worker.on("failed", (job) => note(job!));
  });
}

/** Everything that Redis holds under the prefix, as text, but what BullMQ notes of a queue when it is opened. */
async function everything(): Promise<string> {
  const texts: string[] = [];
  for (const key of (await queues.redis.keys(`${redis.prefix}:*`)).sort()) {
    if (key.endsWith(":meta")) continue;
    const type = await queues.redis.type(key);
    if (type === "string") texts.push((await queues.redis.get(key))!);
    if (type === "hash") texts.push(JSON.stringify(await queues.redis.hgetall(key)));
    if (type === "stream") texts.push(JSON.stringify(await queues.redis.xrange(key, "-", "+")));
    if (type === "list") texts.push(JSON.stringify(await queues.redis.lrange(key, 0, -1)));
  }
  return texts.join("\n");
}

const looked = (ids: Iterable<string>) => mentioning(new Set(ids));
const whole = (id: string) => new RegExp(`(?<![0-9])${id}(?![0-9])`);

it("jobs that have ended go as a whole, with their results, logs and events; others stay", async () => {
  const big = { first: [GONE, "x".repeat(70_000)] };
  await end("labels", {
    "labels-1": { returns: { unknown: { count: 1, first: [GONE] } } },
    "labels-2": { returns: { unknown: { count: 1, first: [LONGER] } } },
    "labels-3": { fails: `no row has an id such as ${GONE}` },
    "labels-big": { returns: big },
  });
  await queues.queue("labels").addJobLog("labels-2", "42 rows read");
  await end("monitor", { "monitor-1": { returns: { rows: 7 } } });
  await queues.queue("monitor").addJobLog("monitor-1", `ids such as "${GONE}"`);
  const before = await everything();
  expect(before).toMatch(whole(GONE));

  const dry = await forgetJobs(queues, looked([GONE]), [], false);
  expect(dry).toMatchObject({ ended: 4, open: [] });
  expect(dry.events).toBeGreaterThanOrEqual(2);
  expect((await everything()) === before).toBe(true);

  expect(await forgetJobs(queues, looked([GONE]), [], true)).toEqual(dry);
  const after = await everything();
  expect(after).not.toMatch(whole(GONE));
  expect(after).toContain(LONGER);
  expect(await queues.find("labels/labels-2")).toBeDefined();
  expect(await queues.find("labels/labels-big")).toBeUndefined();
  expect(await forgetJobs(queues, looked([GONE]), [], true)).toMatchObject({ ended: 0, events: 0 });
});

it("jobs that have not ended stay and are named, short ids of labels found as such only", async () => {
  const labels = (...ids: string[]) => ({ v: 1, labels: ids.map((id) => ({ id, label: "True" })) });
  await queues.add("labels", labels("7", "12"), { jobId: "labels-short" });
  await queues.add("labels", labels(GONE), { jobId: "labels-long", delay: 3_600_000 });
  await queues.add("labels", labels("71"), { jobId: "labels-other" });
  await queues.add("predict-texts", { texts: [`it is me, ${GONE}`, "7"] }, { jobId: "predict-texts-1" });
  const found = await forgetJobs(queues, looked([GONE, "7"]), [], true);
  expect(found).toMatchObject({ ended: 0 });
  expect(found.open).toEqual([
    { job: "predict-texts/predict-texts-1", state: "waiting" },
    { job: "labels/labels-short", state: "waiting" },
    { job: "labels/labels-long", state: "delayed" },
  ]);
  expect(await queues.find("labels/labels-short")).toBeDefined();
});

it("outputs that hold an id are named with their mentions, inflated, and stay as they are", async () => {
  const output = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const rows = Array.from({ length: 6_000 }, (_, i) => `${i},some text,True\n`).join("");
  const plain = output("out.csv", `id,text,label\n${rows}${GONE},"I am, ${GONE}",True\n`);
  const packed = output("packed.csv.gz", gzipSync(`id,text,label\n${rows}${GONE},hello,True\n`));
  output("other.csv", `id,text,label\n${LONGER},hello,True\n`);
  output("other.csv.rejected.csv", `line,reason,record\n3,"empty","${GONE},"\n`);
  const broken = output("broken.csv.gz", "not gzip");
  await rememberOutput(queues.redis, redis.prefix, "m", { path: plain, at: 1 });
  await queues.add("predict", { output: packed }, { jobId: "predict-1" });
  await queues.add("predict", { output: join(folder, "other.csv") }, { jobId: "predict-2" });
  await queues.add("predict", { output: broken }, { jobId: "predict-3" });
  await queues.add("predict", { output: join(folder, "gone.csv") }, { jobId: "predict-4" });
  const before = readFileSync(plain);
  const { outputs } = await forgetJobs(queues, looked([GONE]), ["m"], true);
  expect(await keptOutputs(outputs, erasing(new Set([GONE])))).toEqual([
    { path: broken, unreadable: expect.stringContaining("broken.csv.gz") },
    { path: join(folder, "other.csv.rejected.csv"), places: 1 },
    { path: plain, places: 2 },
    { path: packed, places: 1 },
  ]);
  expect(readFileSync(plain)).toEqual(before);
});

it("cola forget says what is in Redis and which command ends a job, and changes nothing if Redis is away", async () => {
  await end("labels", { "labels-1": { returns: { unknown: { count: 1, first: [GONE] } } } });
  await queues.add("labels", { labels: [{ id: GONE, label: "True" }] }, { jobId: "labels-2" });
  writeFileSync(join(folder, "ids.txt"), `${GONE}\n`);
  const env = { COLAML_STATE_DIR: folder, REDIS_URL: redis.url, COLAML_REDIS_PREFIX: redis.prefix };
  const forget = (...args: string[]) => runCola(["forget", "--ids", "ids.txt", ...args], env, folder);
  const dry = await forget();
  expect([dry.code, dry.stderr]).toEqual([0, ""]);
  expect(dry.stdout).toMatch(/jobs: 1 that have ended, as a whole; \d events of jobs/);
  expect(dry.stdout).toContain("`cola jobs cancel labels/labels-2` (waiting)");
  const done = JSON.parse((await forget("--yes", "--json")).stdout);
  expect(done.redis).toMatchObject({ lookedAt: true, ended: 1, outputs: [] });
  expect(done.redis.open).toEqual([{ job: "labels/labels-2", state: "waiting" }]);
  await cancelJob(queues, "labels/labels-2");
  expect(await everything()).not.toMatch(whole(GONE));

  const away = { ...env, REDIS_URL: "redis://127.0.0.1:1" };
  const refused = await runCola(["forget", "--ids", "ids.txt", "--yes"], away, folder);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("127.0.0.1:1");
});
