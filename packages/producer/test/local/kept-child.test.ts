import type { ChildExit, RunningChild } from "@colaml/producer/local/child-process";
import { keepChild } from "@colaml/producer/local/kept-child";
import { RestartBudget } from "@colaml/producer/local/restart-budget";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** A child that ended at once with this code. */
const ended = (code: number): RunningChild => ({
  name: "Redis",
  pid: 1,
  logFile: "redis.log",
  exited: Promise.resolve<ChildExit>({ code, signal: null }),
  signal: () => undefined,
  stop: async () => undefined,
});

const never = new AbortController().signal;

beforeEach(() => void jest.useFakeTimers({ advanceTimers: 100 }));
afterEach(() => void jest.useRealTimers());

describe("a child that ends by itself", () => {
  it("is started again and reported, until the budget is used up", async () => {
    const said: string[] = [];
    const kept = keepChild(ended(1), {
      start: async () => ended(1),
      stopping: never,
      warn: (line) => said.push(line),
      budget: new RestartBudget(() => 0),
    });
    await expect(kept).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(
        /^Redis ended by itself \(exit code 1\): see redis\.log; .*5 times in 5 minutes/,
      ),
    });
    expect(said).toHaveLength(5);
    expect(said[0]).toBe("Redis ended by itself (exit code 1): see redis.log; starting it again");
  });

  it("ends the whole with the reason when it cannot be started again", async () => {
    const start = () => Promise.reject(new ColaError("REDIS_UNREACHABLE", "the port is taken"));
    const kept = keepChild(ended(1), { start, stopping: never, warn: () => undefined });
    await expect(kept).rejects.toThrow(/Redis ended by itself .* cannot be started again: the port is taken/);
  });

  it("is not started again after an end that is final", async () => {
    const start = jest.fn();
    const isFinal = ({ code }: ChildExit, said: string) =>
      code === 2 ? new ColaError("CONFIG_INVALID", said) : undefined;
    const kept = keepChild(ended(2), { start, stopping: never, warn: () => undefined, isFinal });
    await expect(kept).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(start).not.toHaveBeenCalled();
  });
});
