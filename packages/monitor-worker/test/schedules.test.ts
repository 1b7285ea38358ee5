import { resolveConfig } from "@colaml/shared/config/resolve-config";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/jobs/connection";
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
} from "@colaml/shared/jobs/schedules";
import { type Queue, Worker } from "bullmq";

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
