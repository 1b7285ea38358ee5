import type { ChildExit, RunningChild } from "@colaml/producer/local/child-process";
import { type KeepOptions, keepChild } from "@colaml/producer/local/kept-child";
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

const fail = (error: unknown) => {
  throw error;
};

const never = new AbortController().signal;

beforeEach(() => void jest.useFakeTimers({ advanceTimers: 100 }));
afterEach(() => void jest.useRealTimers());

/** A child that runs until it is killed. */
function running(): RunningChild & { signals: string[] } {
  const signals: string[] = [];
  let end: (exit: ChildExit) => void;
  const exited = new Promise<ChildExit>((resolve) => {
    end = resolve;
  });
  const signal = (name: NodeJS.Signals) => {
    signals.push(name);
    if (name === "SIGKILL") end({ code: null, signal: name });
  };
  return { ...ended(0), exited, signal, signals };
}

describe("a child that hangs", () => {
  /** Each look takes place, one after the other. */
  const looks = (count: number) => jest.advanceTimersByTimeAsync(count * 10_000);
  const keep = (child: RunningChild, watch: KeepOptions["watch"], stopping = never) => {
    const said: string[] = [];
    keepChild(child, {
      start: async () => running(),
      stopping,
      warn: (line) => said.push(line),
      watch: watch!,
    }).catch(fail);
    return said;
  };

  it("is killed and started again after two minutes without an answer", async () => {
    const child = running();
    const said = keep(child, { answers: async () => false, isReady: true });
    await looks(11);
    expect(child.signals).toEqual([]);
    await looks(2);
    expect(child.signals).toEqual(["SIGKILL"]);
    expect(said).toEqual(["Redis gave no answer for 120 s and was ended: see redis.log; starting it again"]);
  });

  it("is left running if it answers now and then", async () => {
    const child = running();
    let look = 0;
    const said = keep(child, { answers: async () => ++look % 12 === 0, isReady: true });
    await looks(60);
    expect(child.signals).toEqual([]);
    expect(said).toEqual([]);
  });

  it("is not taken for one that still starts: that has not answered yet", async () => {
    const child = running();
    let answers = false;
    keep(child, { answers: async () => answers });
    await looks(40);
    answers = true;
    await looks(1);
    answers = false;
    await looks(11);
    expect(child.signals).toEqual([]);
    await looks(2);
    expect(child.signals).toEqual(["SIGKILL"]);
  });

  it("has its own time to end when it is stopped on purpose", async () => {
    const child = running();
    const stopping = new AbortController();
    keep(child, { answers: async () => false, isReady: true }, stopping.signal);
    stopping.abort();
    await looks(20);
    expect(child.signals).toEqual([]);
  });
});

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
    const taken = { details: { takenPort: 6379 } };
    const start = () => Promise.reject(new ColaError("REDIS_UNREACHABLE", "the port is taken", taken));
    const kept = keepChild(ended(1), { start, stopping: never, warn: () => undefined });
    await expect(kept).rejects.toThrow(/Redis ended by itself .* cannot be started again: the port is taken/);
  });

  it("is tried again if it ends while it starts, within the same budget", async () => {
    const said: string[] = [];
    const dies = new ColaError("REDIS_UNREACHABLE", "Redis ended while starting (SIGKILL)");
    const keep = (failures: number, budget?: RestartBudget) => {
      let left = failures;
      const start = async () => {
        if (left-- > 0) throw dies;
        return running();
      };
      return new Promise<RunningChild>((changed, reject) => {
        const warn = (line: string) => void said.push(line);
        keepChild(ended(1), { start, stopping: never, warn, changed, ...(budget && { budget }) }).catch(
          reject,
        );
      });
    };
    await keep(2);
    expect(said.slice(1)).toEqual(
      Array(2).fill(
        "Redis ended by itself (exit code 1): see redis.log; it cannot be started again: Redis ended while starting (SIGKILL); trying again",
      ),
    );
    await expect(keep(9, new RestartBudget(() => 0))).rejects.toThrow(
      /ended while starting \(SIGKILL\); it was started again 5 times in 5 minutes: not any more$/,
    );
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
