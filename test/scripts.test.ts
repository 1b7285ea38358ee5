import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const repoRoot = resolve(__dirname, "..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "colaml scripts "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((done) => {
    const env = { ...process.env, ...options.env };
    execFile(command, args, { cwd: options.cwd ?? repoRoot, env }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** A module of `scripts/`, run by a Node of its own: they are ES modules that stand outside the packages. */
const inScripts = (statements: string, env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, ["--input-type=module", "-e", statements], { cwd: join(repoRoot, "scripts"), env });

// A clone that was pulled since has something to set up; `npm test` has done it already.
beforeAll(() => run(process.execPath, ["scripts/setup.mjs"]));

describe("npm run cola", () => {
  it("prints nothing but JSON on stdout, and nothing at all if there is nothing to set up", async () => {
    const { code, stdout, stderr } = await run("npm", ["run", "-s", "cola", "--", "config", "--json"]);
    expect([code, stderr.replace(/^npm warn .*\n/gm, "")]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toBeInstanceOf(Object);
  });

  it("takes paths from where the user stands, whatever folder npm runs it in", async () => {
    const { code, stderr } = await run(
      "npm",
      ["--prefix", repoRoot, "run", "-s", "cola", "--", "train", "no-such-file.csv", "--json"],
      { cwd: folder, env: { INIT_CWD: undefined } },
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain(join(folder, "no-such-file.csv"));
  });

  it("ends quietly when its reader has seen enough", async () => {
    const { code, stderr } = await run("/bin/sh", ["-c", "node scripts/cola.mjs --help | true"]);
    expect([code, stderr]).toEqual([0, ""]);
  });
});

describe("the setup lock", () => {
  const locked = (text: string) => `
    import { withSetupLock } from "./setup/setup-lock.mjs";
    import { appendFileSync } from "node:fs";
    await withSetupLock(async () => {
      appendFileSync(process.env.LOG, "in ");
      await new Promise((resolve) => setTimeout(resolve, 300));
      appendFileSync(process.env.LOG, "out ");
    });
    ${text}`;

  it("lets one process in at a time", async () => {
    const env = { LOG: join(folder, "log") };
    const all = await Promise.all([1, 2, 3].map(() => inScripts(locked(""), env)));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(readFileSync(env.LOG, "utf8")).toBe("in out in out in out ");
  });

  it("passes on from a process that was killed inside", async () => {
    const program = locked("").replace("300", "60_000");
    const env = { ...process.env, LOG: join(folder, "log") };
    const killed = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: join(repoRoot, "scripts"),
      env,
    });
    const deadline = Date.now() + 60_000;
    const text = () => {
      try {
        return readFileSync(env.LOG, "utf8");
      } catch {
        return "";
      }
    };
    while (text() === "" && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
    killed.kill("SIGKILL");
    await new Promise((done) => killed.once("close", done));
    expect((await inScripts(locked(""), env)).code).toBe(0);
    expect(text()).toBe("in in out ");
  });
});

describe("setup", () => {
  const fakePython = (body: string) => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "python3"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return { PATH: bin };
  };
  const install = `
    import { installPython } from "./setup/python-environment.mjs";
    import { runScript } from "./setup/run-script.mjs";
    await runScript(() => installPython(process.env.DIR, "requirements.txt"));`;

  it.each([
    ["there is none on PATH", {}, "exit 127"],
    ["python3 is 3.9", {}, "echo 3 9"],
  ])("says in one line what Python it needs if %s", async (reason, _, body) => {
    const env = { ...fakePython(body), DIR: join(folder, "python") };
    const { code, stderr } = await inScripts(install, env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `MLflow needs Python 3.10 or newer as python3: ${reason}; install it and try again\n`,
    );
  });

  it("says how to get a Python's missing venv", async () => {
    const env = {
      ...fakePython('case "$2" in *ensurepip*) exit 1;; *) echo 3 11;; esac'),
      DIR: join(folder, "python"),
    };
    const { code, stderr } = await inScripts(install, env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/apt install python3-venv\n$/);
  });
});

describe("what npm runs", () => {
  const readText = (file: string) => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  };
  const until = async (condition: () => boolean) => {
    const deadline = Date.now() + 60_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error("it did not happen in a minute");
      await new Promise((done) => setTimeout(done, 20));
    }
  };

  it.each(["SIGKILL", "SIGTERM"] as const)("stops in order when npm is gone by %s", async (signal) => {
    const log = join(folder, "log");
    const script = `
      import { appendFileSync } from "node:fs";
      import { stopWithNpm } from ${JSON.stringify(join(repoRoot, "scripts/setup/stop-with-npm.mjs"))};
      process.once("SIGTERM", () => { appendFileSync(process.env.LOG, "stopped"); process.exit(); });
      stopWithNpm();
      setInterval(() => {}, 1_000);
      appendFileSync(process.env.LOG, "up ");`;
    writeFileSync(join(folder, "script.mjs"), script);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { wait: "node script.mjs" } }));
    const npm = spawn("npm", ["run", "-s", "wait"], {
      cwd: folder,
      env: { ...process.env, LOG: log },
      stdio: "ignore",
    });
    await until(() => readText(log) === "up ");
    npm.kill(signal);
    await until(() => readText(log) === "up stopped");
  });

  it("ends what a run of the tests has started when that is stopped", async () => {
    const log = join(folder, "log");
    const script = `
      import { spawn } from "node:child_process";
      import { appendFileSync } from "node:fs";
      import { markName, stopMarkedWithRun } from ${JSON.stringify(join(repoRoot, "scripts/test/leftover-processes.mjs"))};
      const mark = ${JSON.stringify(folder)};
      stopMarkedWithRun(mark);
      const env = { ...process.env, [markName]: mark };
      const { pid } = spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"], { env, detached: true });
      appendFileSync(process.env.LOG, String(pid));`;
    writeFileSync(join(folder, "script.mjs"), script);
    const tests = spawn(process.execPath, ["script.mjs"], { cwd: folder, env: { ...process.env, LOG: log } });
    const ended = new Promise((done) => tests.once("exit", done));
    await until(() => readText(log) !== "");
    // Empty once it has ended, reaped or not.
    const commandOfServer = () => readText(`/proc/${readText(log)}/cmdline`);
    expect(commandOfServer()).toContain("setInterval");
    tests.kill("SIGTERM");
    expect(await ended).toBe(143);
    expect(commandOfServer()).toBe("");
  });
});
