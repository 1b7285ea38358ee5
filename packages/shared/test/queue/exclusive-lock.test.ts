import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { ExclusiveLocks } from "@colaml/shared/queue/exclusive-lock";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const url = process.env["TEST_REDIS_URL"];
const withRedis = url ? describe : describe.skip;

withRedis("a lock among processes", () => {
  const redis = {
    ...resolveConfig({ env: { REDIS_URL: url ?? "" } }).redis,
    prefix: `{lock-${process.pid}-${Date.now()}}`,
  };
  const connections: RedisConnection[] = [];
  const locks = (leaseMs?: number) => {
    const connection = connectRedis(redis);
    connections.push(connection);
    return { connection, locks: new ExclusiveLocks(connection, redis, leaseMs) };
  };
  afterAll(() => {
    for (const connection of connections) closeRedis(connection);
  });

  it("lets one work at a time, whoever asks", async () => {
    const [a, b] = [locks().locks, locks().locks];
    let inside = 0;
    const most: number[] = [];
    const work = async () => {
      most.push(++inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
    };
    await Promise.all([a, b, a, b].map((each) => each.hold("one", work)));
    expect(most).toEqual([1, 1, 1, 1]);
  });

  it("does nothing if another one holds it, and leaves other names alone", async () => {
    const [a, b] = [locks().locks, locks().locks];
    const inside = await a.hold("two", async () => [
      await b.tryHold("two", async () => "in"),
      await b.tryHold("three", async () => "in"),
    ]);
    expect(inside).toEqual([undefined, { result: "in" }]);
    expect(await b.tryHold("two", async () => "in")).toEqual({ result: "in" });
  });

  it("is free again after a failure, which passes through", async () => {
    const { locks: a } = locks();
    await expect(a.hold("four", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await a.hold("four", async () => "in")).toBe("in");
  });

  it("is kept for longer than its lease while its holder lives", async () => {
    // A busy machine may keep its holder from renewing it for some tenths of a second.
    const { locks: a } = locks(2_000);
    const { locks: b } = locks();
    await a.hold("five", async (held) => {
      const until = Date.now() + 2_600;
      while (Date.now() < until) {
        expect(await b.tryHold("five", async () => "in")).toBeUndefined();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      held();
    });
  });

  it("counts as lost after its lease though the clock was put back meanwhile", async () => {
    const { locks: lost, connection } = locks(300);
    const { locks: next } = locks();
    const today = Date.now();
    const clock = jest.spyOn(Date, "now").mockImplementation(() => today);
    const reachedNext = lost.hold("back", async (held) => {
      connection.disconnect(false);
      clock.mockImplementation(() => today - 3_600_000);
      await next.hold("back", async () => expect(held).toThrow(/lock back was lost/));
    });
    await reachedNext.finally(() => clock.mockRestore());
  });

  it("goes to the next one when its holder is lost, who then may write nothing and frees nothing", async () => {
    const { locks: lost, connection } = locks(300);
    const { locks: next } = locks();
    const reachedNext = lost.hold("six", async (held) => {
      // As of a process that is frozen: nothing is renewed.
      connection.disconnect(false);
      const taken = await next.hold("six", async () => {
        expect(held).toThrow(/lock six was lost/);
        return "in";
      });
      expect(taken).toBe("in");
      return next.tryHold("six", async () => "free");
    });
    expect(await reachedNext).toEqual({ result: "free" });
  });

  it("stops waiting when its signal aborts", async () => {
    const [a, b] = [locks().locks, locks().locks];
    const abort = new AbortController();
    await a.hold("seven", async () => {
      const waiting = b.hold("seven", async () => "in", abort.signal);
      abort.abort(new Error("the job was cancelled"));
      await expect(waiting).rejects.toThrow("cancelled");
    });
  });
});
