import type { Logger } from "@colaml/shared/logging/logger";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { logRedisBack, logRedisError } from "@colaml/shared/queue/redis-log";
import { startPrivateRedis } from "../../../../test/private-redis";

function listen() {
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  return { lines, logger: { warn: take, info: take } as unknown as Logger };
}

it("an outage is one line for all connections and queues of a process, and one more when it is over", async () => {
  const redis = await startPrivateRedis();
  const { lines, logger } = listen();
  const settings = { url: redis.url, prefix: "{t}", cluster: false };
  const connections = [connectRedis(settings, logger), connectRedis(settings, logger)];
  const queues = connections.map((connection, i) =>
    openQueue(`q${i}`, { connection, redis: settings, logger }),
  );
  await Promise.all(queues.map(({ queue }) => queue.waitUntilReady()));
  const closed = connections.map((connection) => new Promise((resolve) => connection.once("close", resolve)));
  await redis.kill();
  await Promise.all(closed);
  const failures = connections.map(
    (connection) => new Promise<void>((resolve) => connection.on("error", () => resolve())),
  );
  await Promise.all(failures);
  const back = connections.map((connection) => new Promise((resolve) => connection.once("ready", resolve)));
  await redis.restart();
  await Promise.all(back);
  expect(lines).toEqual([
    expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ is not reachable/),
    expect.stringMatching(/^Redis at redis:\/\/127\.0\.0\.1:\d+ answers again$/),
  ]);
  for (const { close } of queues) await close();
  connections.forEach(closeRedis);
  await redis.stop();
});

it("an outage is reported again after its time though the clock was put back meanwhile", () => {
  const today = Date.now();
  const clock = jest.spyOn(Date, "now").mockImplementation(() => today);
  jest.useFakeTimers({ doNotFake: ["Date"] });
  const { lines, logger } = listen();
  const fail = () => logRedisError(logger, new Error("ECONNREFUSED"), { url: "redis://h:1" });
  fail();
  clock.mockImplementation(() => today - 3_600_000);
  jest.advanceTimersByTime(31_000);
  fail();
  jest.useRealTimers();
  clock.mockRestore();
  expect(lines).toHaveLength(2);
});

it("different kinds of trouble are a line each, and an answer without an outage before is none", () => {
  const { lines, logger } = listen();
  const url = "redis://:canary@h:1";
  for (const what of [
    "OOM command not allowed",
    "OOM command not allowed when",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "odd",
  ])
    logRedisError(logger, new Error(what), { url });
  logRedisBack(listen().logger, { url: "redis://h:1" });
  expect(lines).toHaveLength(3);
  expect(lines.join()).not.toContain("canary");
});
