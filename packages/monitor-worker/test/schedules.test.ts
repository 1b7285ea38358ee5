import { JobQueues } from "@colaml/producer/submit/job-queues";
import { listJobs } from "@colaml/producer/submit/list-jobs";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  pullSchedulesForward,
  removeSchedule,
  resumeSchedule,
} from "@colaml/shared/queue/schedules";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type Queue, Worker } from "bullmq";
import { startPrivateRedis } from "../../../test/private-redis";

const url = process.env["TEST_REDIS_URL"];
const withRedis = url ? describe : describe.skip;

withRedis("schedules", () => {
  const prefix = `{schedules-${process.pid}-${Date.now()}}`;
  const redis = { ...resolveConfig({ env: { REDIS_URL: url ?? "" } }).redis, prefix };
  const connection = url ? connectRedis(redis) : undefined;
  let queue: Queue;
  beforeEach((): void => {
    queue = openQueue("monitor", { connection: connection!, redis }).queue as Queue;
  });
  afterEach(async () => {
    await queue.obliterate({ force: true });
    await queue.close();
  });
  afterAll(() => connection && closeRedis(connection));

  const payload = { v: 1, input: { path: "rows.csv" } };

  it("are added, listed, changed and removed", async () => {
    await addSchedule(queue, { id: "hourly", every: "1h" }, payload);
    const cron = await addSchedule(
      queue,
      { id: "nightly", cron: "0 3 * * *", timezone: "Europe/Madrid" },
      payload,
    );
    expect(cron).toMatchObject({
      queue: "monitor",
      cron: "0 3 * * *",
      timezone: "Europe/Madrid",
      paused: false,
      payload,
    });
    expect(Date.parse(cron.next!)).toBeGreaterThan(Date.now());
    expect((await addSchedule(queue, { id: "hourly", every: "2h" }, payload)).everyMs).toBe(7_200_000);
    expect((await listSchedules(queue)).map(({ id }) => id).sort()).toEqual(["hourly", "nightly"]);
    await removeSchedule(queue, "hourly");
    await expect(removeSchedule(queue, "hourly")).rejects.toThrow(/no schedule "hourly".*nightly/);
  });

  it("keep their payload while paused, and make no job", async () => {
    await addSchedule(queue, { id: "often", every: "1s" }, payload);
    expect(await pauseSchedule(queue, "often")).toMatchObject({ paused: true, everyMs: 1_000, payload });
    const [delayed] = await queue.getDelayed();
    expect(delayed!.timestamp + delayed!.delay).toBeGreaterThan(Date.UTC(2090, 0, 1));
    const resumed = await resumeSchedule(queue, "often");
    expect(resumed).toMatchObject({ paused: false, everyMs: 1_000, payload });
    expect(Date.parse(resumed.next!)).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  it("are never silent for longer than their interval because a clock was ahead, nor moved without a reason", async () => {
    const hour = 3_600_000;
    await addSchedule(queue, { id: "often", every: "5s" }, payload);
    await addSchedule(queue, { id: "hourly", cron: "0 * * * *" }, payload);
    await addSchedule(queue, { id: "paused", every: "5s" }, payload);
    await pauseSchedule(queue, "paused");
    expect(await pullSchedulesForward(queue)).toEqual([]);
    // The clock goes back: what was planned is as far away as if it had been ahead.
    expect((await pullSchedulesForward(queue, Date.now() - 2 * hour)).sort()).toEqual(["hourly", "often"]);
  });

  it("run again in their interval when they are added again after a clock was ahead", async () => {
    const ahead = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    await addSchedule(queue, { id: "often", every: "5s" }, payload);
    // The first run is at once, by that clock; what is delayed then is an hour away.
    ahead.mockRestore();
    const again = await addSchedule(queue, { id: "often", every: "5s" }, payload);
    expect(Date.parse(again.next!)).toBeLessThanOrEqual(Date.now() + 5_000);
    expect(await queue.getDelayedCount()).toBeLessThanOrEqual(1);
  });

  it("run each tick once, however many workers there are", async () => {
    const ticks: string[] = [];
    await addSchedule(queue, { id: "tick", every: "1s" }, payload);
    const done = new Promise<void>((resolve) => {
      const seen = async (job: { id?: string }) => {
        ticks.push(job.id!);
        if (ticks.length === 3) resolve();
      };
      for (let i = 0; i < 2; i++)
        workers.push(new Worker("monitor", seen, { connection: { url: url! }, prefix }));
    });
    await done;
    await removeSchedule(queue, "tick");
    await Promise.all(workers.map((worker) => worker.close()));
    expect(new Set(ticks).size).toBe(ticks.length);
    const times = ticks.map((id) => Number(id.split(":").at(-1)));
    expect(times[2]! - times[0]!).toBeGreaterThanOrEqual(1_000);
  });
  const workers: Worker[] = [];

  it("make jobs that are retried like any other, and that are found by their id", async () => {
    await addSchedule(queue, { id: "hourly", every: "1h" }, payload);
    const [job] = await queue.getJobs(["waiting", "delayed"]);
    expect(job!.opts).toMatchObject({ attempts: 5, backoff: { type: "exponential" } });
    const queues = new JobQueues(connectRedis(redis), redis);
    expect(await queues.view(job!.id!)).toMatchObject({ id: job!.id, queue: "monitor" });
    expect((await listJobs(queues)).jobs.map(({ id }) => id)).toEqual([job!.id]);
    await queues.close();
  });

  it("that were paused resume when they are added again", async () => {
    await addSchedule(queue, { id: "often", every: "1h" }, payload);
    await pauseSchedule(queue, "often");
    await pauseSchedule(queue, "often");
    const added = await addSchedule(queue, { id: "often", every: "2h" }, payload);
    expect(added).toMatchObject({ paused: false, everyMs: 7_200_000 });
    expect(Date.parse(added.next!)).toBeLessThanOrEqual(Date.now() + 7_200_000);
  });

  it.each([
    [{ id: "x", every: "1h", cron: "0 3 * * *" }, /either every or cron/],
    [{ id: "x", every: "soon" }, /such as 1h/],
    [{ id: "x", every: "100ms" }, /at least 1s/],
    [{ id: "x", cron: "99 99 * * *" }, /not a cron pattern/],
    [{ id: "x", cron: "* *" }, /five fields/],
    [{ id: "x", cron: "0 3 * * *", timezone: "Mars/Base" }, /Mars\/Base.*IANA/],
    [{ id: "../x", every: "1h" }, /allowed/],
  ])("refuse %j", async (input, message) => {
    await expect(addSchedule(queue, input, payload)).rejects.toThrow(message);
  });
});

const HOUR_MS = 3_600_000;

withRedis("schedules, whatever the clock and the servers do", () => {
  const payload = { v: 1, input: { path: "rows.csv" } };
  const clock = { aheadMs: 0 };
  const now = Date.now;
  beforeEach(() => {
    clock.aheadMs = 0;
    jest.spyOn(Date, "now").mockImplementation(() => now() + clock.aheadMs);
  });
  afterEach(() => jest.restoreAllMocks());

  /** A worker that notes its jobs. `ran` resolves when this many have run in all. */
  function startWorker(address: string, prefix: string, ticks: string[]) {
    const listeners = new Set<() => void>();
    const work = async ({ id }: { id?: string }) => {
      ticks.push(id!);
      for (const listener of listeners) listener();
    };
    const worker = new Worker("monitor", work, { connection: { url: address }, prefix, drainDelay: 1 });
    worker.on("error", () => {});
    const ran = (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => ticks.length >= count && resolve();
        listeners.add(look);
        look();
      });
    return { worker, ran };
  }
  /** Nothing is due, and one job waits for its time. */
  async function isAtRest(queue: Queue): Promise<boolean> {
    const { waiting, active, delayed, prioritized } = await queue.getJobCounts();
    const [schedule] = await listSchedules(queue);
    const next = Date.parse(schedule!.next!);
    return waiting === 0 && active === 0 && prioritized === 0 && delayed === 1 && next > Date.now();
  }
  async function untilAtRest(queue: Queue): Promise<void> {
    while (!(await isAtRest(queue))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it("catch up with one job when no worker was there for three ticks, and run no tick twice when the clock goes back", async () => {
    const prefix = `{clock-${process.pid}-${now()}}`;
    const redis = { ...resolveConfig({ env: { REDIS_URL: url! } }).redis, prefix };
    const connection = connectRedis(redis);
    const queue = openQueue("monitor", { connection, redis }).queue as Queue;
    const ticks: string[] = [];
    await addSchedule(queue, { id: "hourly", every: "1h" }, payload);
    const first = startWorker(url!, prefix, ticks);
    await first.ran(1);
    await untilAtRest(queue);
    await first.worker.close();
    clock.aheadMs = 3.5 * HOUR_MS;
    const pair = [startWorker(url!, prefix, ticks), startWorker(url!, prefix, ticks)];
    await Promise.race(pair.map(({ ran }) => ran(2)));
    await untilAtRest(queue);
    expect(ticks).toHaveLength(2);
    // Two hours back: the tick after next is far away again, and what ran does not come back.
    clock.aheadMs = 1.5 * HOUR_MS;
    await Promise.all(pair.map(({ worker }) => worker.close()));
    const third = startWorker(url!, prefix, ticks);
    await third.worker.waitUntilReady();
    await untilAtRest(queue);
    expect(ticks).toHaveLength(2);
    await third.worker.close();
    clock.aheadMs = 4.6 * HOUR_MS;
    const fourth = startWorker(url!, prefix, ticks);
    await fourth.ran(3);
    await untilAtRest(queue);
    await fourth.worker.close();
    expect(ticks).toHaveLength(3);
    expect(new Set(ticks).size).toBe(3);
    await queue.obliterate({ force: true });
    await queue.close();
    closeRedis(connection);
  });

  it("outlive a Redis that is killed, and run on with each tick once", async () => {
    const server = await startPrivateRedis();
    const prefix = "{killed}";
    const redis = { ...resolveConfig({ env: { REDIS_URL: server.url } }).redis, prefix };
    const connection = connectRedis(redis);
    const queue = openQueue("monitor", { connection, redis }).queue as Queue;
    queue.on("error", () => {});
    const ticks: string[] = [];
    await addSchedule(queue, { id: "hourly", every: "1h" }, payload);
    await addSchedule(queue, { id: "resting", cron: "0 3 * * *" }, payload);
    await pauseSchedule(queue, "resting");
    const { worker, ran } = startWorker(server.url, prefix, ticks);
    await ran(1);
    await server.kill();
    await server.restart();
    expect((await listSchedules(queue)).map(({ id, paused }) => `${id} ${paused}`).sort()).toEqual([
      "hourly false",
      "resting true",
    ]);
    clock.aheadMs = 1.1 * HOUR_MS;
    await ran(2);
    await worker.close();
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks).toHaveLength(2);
    await queue.close();
    closeRedis(connection);
    await server.stop();
  });
});
