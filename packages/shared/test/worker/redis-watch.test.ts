import { get } from "node:http";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { startHealthServer } from "@colaml/shared/worker/health-server";
import { RedisWatch } from "@colaml/shared/worker/redis-watch";
import { Registry } from "prom-client";

/** A watch whose clock and looks the test turns. */
function openWatch(probe: () => Promise<unknown>) {
  let now = 0;
  const watch = new RedisWatch(probe, { lookMs: 1_000, now: () => now });
  return {
    watch,
    async pass(ms: number) {
      now += ms;
      await jest.advanceTimersByTimeAsync(1_000);
    },
  };
}

describe("the watch of Redis", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it("counts the seconds since the last write that Redis took", async () => {
    let answers = true;
    const { watch, pass } = openWatch(() =>
      answers ? Promise.resolve() : Promise.reject(new Error("gone")),
    );
    await pass(5_000);
    expect(watch.goneS()).toBe(0);
    answers = false;
    await pass(5_000);
    await pass(7_000);
    expect(watch.goneS()).toBe(12);
    answers = true;
    await pass(1_000);
    expect(watch.goneS()).toBe(0);
    watch.stop();
  });

  it("does not count while Redis is full: it answers, and another start makes no room", async () => {
    const { watch, pass } = openWatch(() =>
      Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'.")),
    );
    await pass(3_600_000);
    await pass(3_600_000);
    expect(watch.goneS()).toBe(0);
    watch.stop();
  });

  it("counts on while one write hangs, and asks no second time", async () => {
    let asked = 0;
    const { watch, pass } = openWatch(() => {
      asked++;
      return new Promise(() => undefined);
    });
    for (let i = 0; i < 3; i++) await pass(10_000);
    expect([watch.goneS(), asked]).toEqual([30, 1]);
    watch.stop();
  });
});

it("a look at what is needed is not older than its time because the clock was put back", async () => {
  const today = Date.now();
  const clock = jest.spyOn(Date, "now").mockImplementation(() => today);
  jest.useFakeTimers({ doNotFake: ["Date"] });
  let looks = 0;
  const health = createHealthChecks({ redis: async () => void looks++ });
  await health.look();
  clock.mockImplementation(() => today - 3_600_000);
  jest.advanceTimersByTime(5_000);
  await health.look();
  jest.useRealTimers();
  clock.mockRestore();
  expect(looks).toBe(2);
});

it("/livez says no when a live check does, and yes again afterwards", async () => {
  let lives = true;
  const server = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    health: createHealthChecks({}),
    liveChecks: [() => lives],
    registry: new Registry(),
  });
  const livez = async () => (await fetch(`http://127.0.0.1:${server.port}/livez`)).status;
  expect(await livez()).toBe(200);
  lives = false;
  expect(await livez()).toBe(503);
  lives = true;
  expect(await livez()).toBe(200);
  await server.close();
});

it("/metrics on loopback is answered to requests to loopback only, not to a name that a page points there", async () => {
  const { port, close } = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    health: createHealthChecks({}),
    registry: new Registry(),
  });
  const ask = (...hosts: string[]) =>
    new Promise<number>((answered) => {
      const headers = hosts.flatMap((host) => ["Host", host]);
      get({ port, host: "127.0.0.1", path: "/metrics", headers, setHost: false }, (answer) => {
        answer.resume();
        answered(answer.statusCode!);
      });
    });
  const hosts = [["localhost"], [`127.0.0.1:${port}`], ["[::1]:1"], ["rebound.example"], ["localhost", "x"]];
  expect(await Promise.all(hosts.map((all) => ask(...all)))).toEqual([200, 200, 200, 403, 403]);
  await close();
});
