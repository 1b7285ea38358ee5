import { randomUUID } from "node:crypto";
import { createLoopJobs } from "@colaml/monitor-worker/loop/loop-jobs";
import { createLatestPredictions } from "@colaml/monitor-worker/rows/latest-predictions";
import { createChunkQueue } from "@colaml/predictor-worker/predict/window/chunk-queue";
import { describeJob, jobLine } from "@colaml/producer/cli/job-lines";
import { Terminal } from "@colaml/producer/cli/terminal";
import { jobFacts, shownData } from "@colaml/producer/page/job-data";
import { jobTable, progressBar, progressLine } from "@colaml/producer/page/job-row";
import { jobDetail } from "@colaml/producer/submit/job-detail";
import { parseJobFilter } from "@colaml/producer/submit/job-filter";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { readResult } from "@colaml/producer/submit/job-result";
import type { JobView } from "@colaml/producer/submit/job-view";
import { listJobs } from "@colaml/producer/submit/list-jobs";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { queueOverviews } from "@colaml/producer/submit/queue-overview";
import { allSchedules, changeSchedule } from "@colaml/producer/submit/schedule-control";
import { unendedJobs } from "@colaml/producer/submit/unended-jobs";
import { withReasons } from "@colaml/producer/submit/waiting-reason";
import { QUEUE_NAMES, type QueueName, SCHEDULABLE_QUEUES } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { rememberedOutputs } from "@colaml/shared/queue/latest-predictions";
import { pullSchedulesForward } from "@colaml/shared/queue/schedules";
import fc from "fast-check";
import { type PrivateRedis, startPrivateRedis } from "../private-redis";
import { fuzz } from "./fuzz-run";
import { PAYLOADS } from "./job-cases";
import { damagedJson, damages } from "./json-damage";
import { logger, NOW, READER as reader } from "./state-place";

let ofItsOwn: PrivateRedis | undefined;
let queues: JobQueues;

beforeAll(async () => {
  const given = process.env["TEST_REDIS_URL"];
  if (!given) ofItsOwn = await startPrivateRedis();
  const url = given || ofItsOwn!.url;
  queues = await openJobQueues({ redis: { url, prefix: `{t-${randomUUID()}}`, cluster: false } });
});
afterAll(async () => {
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
  await ofItsOwn?.stop();
});

/** What a reader gives, or nothing after a refusal: one line of ours. */
async function orRefused<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ColaError) || error.code === "INTERNAL") throw error;
    expect(error.message.split("\n")).toHaveLength(1);
    return undefined;
  }
}

/** The last state of each job is what its lists say. */
const STATES = ["wait", "completed", "failed"] as const;
interface StoredCase {
  queue: string;
  state: string;
  /** Of the job's hash, over what BullMQ wrote. */
  fields: Record<string, string>;
}

const terminal = new Terminal({ stdout: { write: () => true }, stderr: { write: () => true } } as never);

/** What a number or an object becomes that was not looked at; a text of the job may hold the words, too. */
const SLIPS = ["NaN", "undefined", "[object"];

function expectNoSlip(shown: string, stored: string): void {
  for (const slip of SLIPS) if (!stored.includes(slip)) expect(shown).not.toContain(slip);
}

/** Every way in which commands, pages and the API show a job. */
function expectShown(view: JobView, payload: unknown, stored: StoredCase): void {
  expect(JSON.parse(JSON.stringify(view))).toMatchObject({ id: view.id });
  const line = jobLine(terminal, view);

  const drawn = [
    line,
    describeJob(terminal, view),
    jobTable(reader, [view], 0).text,
    progressBar(reader, view).text,
    progressLine(reader, view),
  ];
  expectNoSlip(drawn.join(), JSON.stringify(stored));
  shownData(payload, reader.t);
  shownData(view.result, reader.t);
  jobFacts(payload, view.result);
}

/** A job as it is in Redis, with one beside it that is sound. */
async function putJob({ queue, state, fields }: StoredCase, id: string, good: string): Promise<void> {
  const name = queue as QueueName;
  const { payload } = PAYLOADS.find((one) => one.queue === queue)!;
  for (const jobId of [id, good]) await queues.add(name, payload, { jobId });
  const { redis } = queues;
  const key = queues.queue(name).toKey(id);
  if (state !== "wait") {
    await redis.lrem(queues.queue(name).toKey("wait"), 0, id);
    await redis.zadd(queues.queue(name).toKey(state), Date.now(), id);
    await redis.hset(key, "finishedOn", String(Date.now()));
  }
  if (Object.keys(fields).length > 0) await redis.hset(key, fields);
}

async function expectOthersShown(stored: StoredCase, good: string): Promise<void> {
  const { jobs } = await listJobs(queues, parseJobFilter({ queue: stored.queue }, Date.now()));
  expect(jobs.some(({ id }) => id === good)).toBe(true);
  for (const view of await withReasons(queues, jobs)) expectShown(view, {}, stored);
  await queueOverviews(queues);
  await orRefused(async () => {
    const unended: string[] = [];
    for await (const job of unendedJobs(queues)) unended.push(job);
    return unended;
  });
}

/** What workers read of jobs of other workers. */
async function expectReadByWorkers({ queue }: StoredCase, id: string): Promise<void> {
  const { redis: connection, settings } = queues;
  const options = { connection, redis: { ...settings, sentinels: "" } as never, logger };
  if (queue === "train" || queue === "tune") {
    const outcome = await orRefused(() =>
      createLoopJobs(connection, options.redis, logger).outcomeOf(queue, id),
    );
    if (outcome?.state === "done")
      expect([typeof outcome.promoted, typeof outcome.runId]).toEqual(["boolean", "string"]);
  }
  if (queue === "predict")
    await orRefused(() => createLatestPredictions(connection, options.redis, logger)("m"));
  if (queue !== "predict-chunk") return;
  const [, batch, index] = /^(.*)-(\d+)$/.exec(id)!;
  const [chunks, dead] = [openJobQueue("predict-chunk", options), openJobQueue("predict-dead", options)];
  const outcome = await orRefused(() =>
    createChunkQueue(chunks, dead, batch!, () => {}).readOutcome(Number(index)),
  );
  if (outcome?.state !== "done") return;
  const { rows, rejected, outputBytes } = outcome.result;
  for (const count of [rows, rejected, outputBytes])
    expect([count, Number.isSafeInteger(count) && count >= 0]).toEqual([count, true]);
}

const RESULTS = [
  { runId: "r", ok: true, promoted: true, modelVersion: "4", model: "m", verdict: "better", decision: "x" },
  { rows: 9, rejected: 1, invalidUtf8: 0, outputBytes: 9, rejectedBytes: 9, sha256: "0", output: "/a" },
  { stored: "beside the job", bytes: 9, until: "2026-01-01T00:00:00.000Z" },
];
const PROGRESS = { stage: "boost", done: 1, total: 9, unit: "iterations", message: "one" };
const NOT_JSON = ["", "{", "NaN", "undefined", "\0", "\ufeff{}", "[1,", '"\\u12"', "1e999", "é"];
const TIMES = ["0", "-1", "1e300", "NaN", "", "soon", "8.64e15", "1e16", "99999999999999999999", "-8.7e15"];

const damagedOf = (documents: readonly object[]) =>
  fc
    .tuple(fc.constantFrom(...documents.map((one) => JSON.stringify(one))), fc.option(damages))
    .map(([json, list]) => (list === null ? json : damagedJson(json, list)));
const oddJson = (documents: readonly object[]) =>
  fc.oneof(
    { weight: 6, arbitrary: damagedOf(documents) },
    { weight: 1, arbitrary: fc.constantFrom(...NOT_JSON) },
  );
const time = fc.constantFrom(...TIMES);
const count = fc.constantFrom("0", "1", "-1", "1e9", "x", "");

const storedJobs: fc.Arbitrary<StoredCase> = fc.record({
  queue: fc.constantFrom<string>(...QUEUE_NAMES),
  state: fc.constantFrom<string>(...STATES),
  fields: fc.record(
    {
      returnvalue: oddJson(RESULTS),
      progress: oddJson([PROGRESS]),
      data: oddJson(PAYLOADS.map(({ payload }) => payload)),
      failedReason: fc.constantFrom("", "x", "JOB_INVALID: no", "__proto__: x", "\n\n", "x".repeat(5_000)),
      stacktrace: fc.constantFrom("[]", "x", '["a"]', "{}"),
      opts: oddJson([{ attempts: 3, backoff: { type: "fixed", delay: 9 } }]),
      timestamp: time,
      processedOn: time,
      finishedOn: time,
      ats: count,
      atm: count,
    },
    { requiredKeys: [] },
  ),
});

let number = 0;

describe("a job that another program wrote", () => {
  it("is shown as it is, or refused with one line, and hides no other", async () => {
    await fuzz(
      "stored-jobs",
      storedJobs,
      async (stored) => {
        const [id, good] = [`b${++number}-1`, `good-${number}`];
        try {
          await putJob(stored, id, good);
          await expectOthersShown(stored, good);
          const reference = `${stored.queue}/${id}`;
          const view = await orRefused(() => queues.view(reference));
          if (view) expectShown(view, {}, stored);
          const detail = await orRefused(() => jobDetail(queues, reference));
          if (detail) expectShown(detail.view, detail.payload, stored);
          await orRefused(() => readResult(queues, reference));
          await expectReadByWorkers(stored, id);
        } finally {
          const queue = queues.queue(stored.queue as QueueName);
          for (const jobId of [id, good]) await queue.remove(jobId);
          for (const state of STATES) {
            await queues.redis.lrem(queue.toKey("wait"), 0, id);
            if (state !== "wait") await queues.redis.zrem(queue.toKey(state), id);
          }
          await queues.redis.del(queue.toKey(id));
        }
      },
      { runs: 100 },
    );
  });
});

interface StoredSchedule {
  queue: string;
  next: string;
  fields: Record<string, string>;
}

const storedSchedules: fc.Arbitrary<StoredSchedule> = fc.record({
  queue: fc.constantFrom<string>(...SCHEDULABLE_QUEUES),
  next: fc.constantFrom("0", "-1", "1e300", "inf", "8.64e15", "1e16", "1767225600000"),
  fields: fc.record(
    {
      name: fc.constantFrom("train", "", "x"),
      ic: count,
      every: fc.constantFrom("1000", "0", "-5", "x", "1e300", ""),
      pattern: fc.constantFrom("* * * * *", "61 * * * *", "", "x", "0 0 31 2 *"),
      tz: fc.constantFrom("UTC", "Mars/Base", ""),
      startDate: time,
      data: oddJson(PAYLOADS.map(({ payload }) => payload)),
      opts: oddJson([{ attempts: 3 }]),
    },
    { requiredKeys: [] },
  ),
});

describe("a schedule that another program wrote", () => {
  it("is listed, and neither hides the others nor keeps them from their time", async () => {
    await fuzz(
      "stored-schedules",
      storedSchedules,
      async ({ queue: name, next, fields }) => {
        const queue = queues.queue(name as QueueName);
        const { payload } = PAYLOADS.find((one) => one.queue === name)!;
        await queue.upsertJobScheduler("sound", { every: 60_000 }, { name, data: payload });
        await queues.redis.zadd(queue.toKey("repeat"), next, "odd");
        if (Object.keys(fields).length > 0) await queues.redis.hset(queue.toKey("repeat:odd"), fields);
        // planned by a clock that was a day ahead
        await queues.redis.zadd(queue.toKey("repeat"), Date.now() + 86_400_000, "sound");
        try {
          await orRefused(() => pullSchedulesForward(queue));
          const schedules = await allSchedules(queues);
          for (const change of ["pause", "resume"] as const)
            if (schedules.some(({ id }) => id === "odd")) {
              await orRefused(() => changeSchedule(queues, "odd", change));
              expect((await allSchedules(queues)).some(({ id }) => id === "odd")).toBe(true);
            }
          const sound = schedules.find(({ id }) => id === "sound");
          expect(sound).toMatchObject({ everyMs: 60_000, paused: false, payload });
          expect(Date.parse(sound!.next!)).toBeLessThan(Date.now() + 70_000);
          for (const { everyMs = 1, next: due = NOW.toISOString() } of schedules)
            expect([everyMs > 0, Number.isNaN(Date.parse(due))]).toEqual([true, false]);
        } finally {
          for (const id of ["sound", "odd"]) await queue.removeJobScheduler(id);
          await queue.obliterate({ force: true });
        }
      },
      { runs: 40 },
    );
  });
});

describe("outputs that another program remembered", () => {
  it("are those with a time", async () => {
    const { redis, settings } = queues;
    const key = `${settings.prefix}:latest-predictions:m`;
    await redis.zadd(key, "inf", "/never", "-inf", "/always", "5", "/sound");
    expect(await rememberedOutputs(redis, settings.prefix, "m")).toEqual([{ path: "/sound", at: 5 }]);
    await redis.del(key);
  });
});
