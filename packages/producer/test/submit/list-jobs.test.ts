import { parseJobFilter } from "@colaml/producer/submit/job-filter";
import { JobQueues } from "@colaml/producer/submit/job-queues";
import { type JobPage, listJobs } from "@colaml/producer/submit/list-jobs";
import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { connectRedis } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { Worker } from "bullmq";

const url = process.env["TEST_REDIS_URL"];
const withRedis = url ? describe : describe.skip;
const NOW = Date.UTC(2026, 10, 25, 12);

describe("a filter of jobs", () => {
  it("takes lists by comma or by repetition, times, and how long ago", () => {
    expect(parseJobFilter({ queue: "train,tune", state: ["failed", "active"] }, NOW)).toMatchObject({
      queues: ["train", "tune"],
      states: ["failed", "active"],
      limit: 20,
    });
    expect(parseJobFilter({ since: "2h" }, NOW).since).toBe(NOW - 7_200_000);
    expect(parseJobFilter({ since: "2026-11-25T08:00:00+01:00" }, NOW).since).toBe(Date.UTC(2026, 10, 25, 7));
    expect(parseJobFilter({ model: "models:/reviews@champion" }, NOW).model).toBe("reviews");
  });

  it.each([
    [{ queue: "trian" }, /queue is "trian": allowed is one of train, tune, publish/],
    [{ queue: "" }, /queue is "": allowed/],
    [{ state: "done" }, /state is "done": allowed is one of waiting, delayed, active, completed, failed/],
    [{ model: "../m" }, /model is/],
    [{ since: "yesterday" }, /since is "yesterday": allowed is a time/],
    [{ since: "2026-13-45T00:00:00Z" }, /since is/],
    [{ limit: "0" }, /limit is "0": allowed is a whole number from 1 to 100/],
    [{ limit: "1e2" }, /limit is/],
    [{ limit: ["1", "2"] }, /limit is given 2 times/],
    [{ cursor: "%%%" }, /cursor is/],
    [{ status: "failed" }, /"status" is not a filter of jobs: allowed are queue, state, model/],
  ])("refuses %j, naming what is allowed", (given, message) => {
    expect(() => parseJobFilter(given, NOW)).toThrow(message);
  });
});

withRedis("a list of jobs", () => {
  const prefix = `{list-${process.pid}}`;
  let queues: JobQueues;
  beforeEach(() => {
    const redis = { ...resolveConfig({ env: { REDIS_URL: url ?? "" } }).redis, prefix };
    queues = new JobQueues(connectRedis(redis), redis);
  });
  afterEach(async () => {
    await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
    await queues.close();
  });

  const page = (given: Record<string, string> = {}) => listJobs(queues, parseJobFilter(given, Date.now()));
  const idsOf = ({ jobs }: JobPage) => jobs.map(({ id }) => id);
  const add = (queue: QueueName, jobId: string, timestamp: number, payload: object = {}) =>
    queues.queue(queue).add(queue, payload, { jobId, timestamp });

  /** Ends a queue's waiting jobs with a result of some size. */
  async function complete(queue: QueueName, count: number, result: unknown): Promise<void> {
    const { queue: opened } = { queue: queues.queue(queue) };
    const worker = new Worker(queue, async () => result, { connection: opened.opts.connection!, prefix });
    let left = count;
    await new Promise<void>((resolve) =>
      worker.on("completed", () => {
        if (--left === 0) resolve();
      }),
    );
    await worker.close();
  }

  it("is read page by page, each job once, while jobs end and others come", async () => {
    for (let i = 0; i < 25; i++) await add("train", `t-${i}`, NOW + i);
    const first = await page({ limit: "10" });
    expect(idsOf(first)).toEqual(Array.from({ length: 10 }, (_, i) => `t-${24 - i}`));
    // the oldest end first: each of them changes its place in Redis
    await complete("train", 25, { ok: true });
    await add("train", "newer", NOW + 1_000);
    const second = await page({ limit: "10", cursor: first.next! });
    expect(idsOf(second)).toEqual(Array.from({ length: 10 }, (_, i) => `t-${14 - i}`));
    const third = await page({ limit: "10", cursor: second.next! });
    expect(idsOf(third)).toEqual(["t-4", "t-3", "t-2", "t-1", "t-0"]);
    expect(third.next).toBeUndefined();
  });

  it("is the same whatever jobs of one time end in, and however many have ended since", async () => {
    const ids = Array.from({ length: 450 }, (_, i) => `j-${String(i).padStart(3, "0")}`);
    // added in one order, finished in another
    for (const [i, id] of ids.toReversed().entries()) await add("train", id, NOW - i);
    await complete("train", ids.length, {});
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const next: JobPage = await page({ limit: "100", ...(cursor !== undefined && { cursor }) });
      seen.push(...idsOf(next));
      cursor = next.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids.toReversed());
  });

  it("has neither results nor payloads, however large these are", async () => {
    for (let i = 0; i < 5; i++) await add("predict", `p-${i}`, NOW + i, { texts: ["x".repeat(100_000)] });
    await complete("predict", 5, { predictions: "y".repeat(500_000) });
    const { jobs } = await page();
    expect(jobs).toHaveLength(5);
    expect(JSON.stringify(jobs).length).toBeLessThan(2_000);
    expect(jobs[0]).toMatchObject({ id: "p-4", queue: "predict", status: "completed", attempts: 1 });
  });

  it("holds the queues, states, models and times that are asked for", async () => {
    await add("train", "a", NOW, { model: "reviews" });
    await add("predict", "b", NOW + 1, { model: "models:/reviews/3", pad: "x".repeat(20_000) });
    await add("compare", "c", NOW + 2, {
      baseline: "models:/other@champion",
      challenger: "models:/reviews/4",
    });
    await add("monitor", "d", NOW + 3, {});
    await add("publish", "e", NOW + 4, {});
    await queues.queue("train").add("train", {}, { jobId: "f", timestamp: NOW + 5, delay: 600_000 });
    await queues.queue("train").add("train", {}, { jobId: "g", timestamp: NOW + 6, priority: 3 });
    expect(idsOf(await page({ model: "reviews" }))).toEqual(["c", "b", "a"]);
    expect(idsOf(await page({ model: "modelo_nuevo" }))).toEqual(["g", "f", "d"]);
    expect(idsOf(await page({ queue: "train" }))).toEqual(["g", "f", "a"]);
    expect(idsOf(await page({ state: "delayed" }))).toEqual(["f"]);
    expect(idsOf(await page({ state: "waiting", queue: "train" }))).toEqual(["g", "a"]);
    expect(idsOf(await page({ since: new Date(NOW + 4).toISOString() }))).toEqual(["g", "f", "e"]);
    expect(idsOf(await page({ model: "reviews", limit: "1" }))).toEqual(["c"]);
  });

  it("about a model ends its page after this many jobs, says so, and the pages together hold each job once", async () => {
    for (let i = 0; i < 1_000; i++)
      await add("train", `t-${i}`, NOW + i, { model: i % 400 === 3 ? "rare" : "usual" });
    await complete("train", 1_000, {});
    const filter = parseJobFilter({ model: "rare", limit: "2" }, Date.now());
    const pages: JobPage[] = [];
    for (let next: string | undefined = ""; next !== undefined; next = pages.at(-1)!.next) {
      const asked = next === "" ? filter : parseJobFilter({ model: "rare", limit: "2", cursor: next }, NOW);
      pages.push(await listJobs(queues, asked, { jobs: 300, characters: 1_000_000 }));
    }
    expect(pages.map((one) => [idsOf(one), one.partial])).toEqual([
      [["t-803"], true],
      [["t-403"], true],
      [[], true],
      [["t-3"], undefined],
    ]);
  });

  it("about a model reads no more of large payloads than one page may", async () => {
    for (let i = 0; i < 300; i++) await add("predict", `p-${i}`, NOW + i, { pad: "x".repeat(20_000) });
    const filter = parseJobFilter({ model: "rare" }, Date.now());
    const first = await listJobs(queues, filter, { jobs: 5_000, characters: 3_000_000 });
    expect([first.jobs, first.partial]).toEqual([[], true]);
    const rest = parseJobFilter({ model: "rare", cursor: first.next! }, NOW);
    expect(await listJobs(queues, rest, { jobs: 5_000, characters: 3_000_000 })).toEqual({ jobs: [] });
  });

  it("is not blinded by an id that another client made, which is found, too", async () => {
    for (const [i, id] of ["nightly 2026/11/25", "../../x", "meta-1", "é\u001b[31m"].entries())
      await add("train", id, NOW + i);
    expect(idsOf(await page())).toEqual(["é\u001b[31m", "meta-1", "../../x", "nightly 2026/11/25"]);
    expect(await queues.view("nightly 2026/11/25")).toMatchObject({ queue: "train", status: "waiting" });
    expect(await queues.view("train/nightly 2026/11/25")).toMatchObject({ id: "nightly 2026/11/25" });
  });

  it.each(["meta", "wait", "id", "events", "nightly:lock", "repeat:nightly", "", "x".repeat(2_000)])(
    "does not take what BullMQ keeps under %j for a job",
    async (id) => {
      await add("train", "nightly", NOW);
      await queues
        .queue("train")
        .upsertJobScheduler("nightly", { every: 3_600_000 }, { name: "train", data: {} });
      await queues.redis.set(queues.queue("train").toKey("nightly:lock"), "token");
      await expect(queues.view(id)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    },
  );
});
