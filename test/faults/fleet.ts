import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, openSync, writeSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Where the packages of a release are built. */
export interface Release {
  readonly name: string;
  /** A checkout that is built. */
  readonly root: string;
}

/** One process of the deployment. */
export interface Role {
  readonly name: string;
  readonly package: "producer" | "predictor-worker" | "trainer-worker" | "monitor-worker";
  readonly env?: Record<string, string>;
}

/** How a process is started: of which release, and how wrong its clock is. */
interface Start {
  release: Release;
  clockShiftMs: number;
}

interface Running extends Start {
  child: ChildProcess;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Its end is ours: it was struck or stopped. */
  isExpected: boolean;
}

const HERE = resolve(__dirname, "../..");
/** What a process manager waits before it starts again what ended by itself. */
const RESTART_MS = 500;

/** What this checkout is. */
export const THIS_RELEASE: Release = { name: "this release", root: HERE };

/** Every process carries it, so that what is left over can be found. */
export const MARK = "FAULTS_RUN";

/** The workers and the server of a deployment, each kept running as a process manager would. */
export class Fleet {
  readonly roles: readonly Role[];
  readonly mark: string;
  /** What ended without having been struck, with its last line. */
  readonly endedByItself: string[] = [];
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #running = new Map<string, Running>();
  #isStopping = false;

  /** @param folder gets a log per role */
  constructor(roles: readonly Role[], folder: string, env: Record<string, string>, mark: string) {
    this.roles = roles;
    this.mark = mark;
    this.#folder = folder;
    this.#env = env;
  }

  /** The workers: all roles but the server. */
  get workers(): Role[] {
    return this.roles.filter((role) => role.package !== "producer");
  }

  releaseOf(role: Role): Release {
    return this.#running.get(role.name)!.release;
  }

  start(role: Role, { release, clockShiftMs }: Start): void {
    const main = join(release.root, "packages", role.package, "dist", "main.js");
    const [command, ...args] = commandOf(main, clockShiftMs);
    const log = openSync(join(this.#folder, `${role.name.replace(" ", "-")}.log`), "a");
    const clock = clockShiftMs === 0 ? "" : `, its clock wrong by ${clockShiftMs / 1_000} s`;
    writeSync(log, `--- ${new Date().toISOString()} ${release.name}${clock}\n`);
    const child = spawn(command!, args, {
      env: {
        PATH: process.env["PATH"],
        ...this.#env,
        ...role.env,
        [MARK]: this.mark,
        FAULTS_CLOCK_SHIFT_MS: String(clockShiftMs),
      },
      stdio: ["ignore", log, log],
    });
    const exited: Running["exited"] = new Promise((ended) =>
      child.once("exit", (code, signal) => ended({ code, signal })),
    );
    const running: Running = { child, exited, release, clockShiftMs, isExpected: false };
    this.#running.set(role.name, running);
    void exited.then((end) => this.#keep(role, running, end));
  }

  async #keep(role: Role, running: Running, end: Awaited<Running["exited"]>): Promise<void> {
    if (running.isExpected || this.#isStopping) return;
    this.endedByItself.push(`${role.name} (${end.signal ?? `exit code ${end.code}`})`);
    await delay(RESTART_MS);
    if (!this.#isStopping && this.#running.get(role.name) === running) this.start(role, running);
  }

  /** Ends a process by a signal, waits until it has ended and starts it again, perhaps in another way. */
  async restart(role: Role, signal: "SIGKILL" | "SIGTERM", change: Partial<Start> = {}): Promise<void> {
    const running = this.#running.get(role.name)!;
    running.isExpected = true;
    running.child.kill(signal);
    await running.exited;
    if (!this.#isStopping) this.start(role, { ...running, clockShiftMs: 0, ...change });
  }

  /** Freezes a process for a while. */
  async freeze(role: Role, ms: number): Promise<void> {
    const { child } = this.#running.get(role.name)!;
    child.kill("SIGSTOP");
    await delay(ms);
    child.kill("SIGCONT");
  }

  /** SIGTERM to all. @returns what did not end by itself with exit code 0 */
  async stop(): Promise<string[]> {
    this.#isStopping = true;
    const ends = this.roles.map(async ({ name }) => {
      const running = this.#running.get(name);
      if (running === undefined) return [];
      const { child, exited } = running;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
      const { code, signal } = await exited;
      clearTimeout(timer);
      return code === 0 ? [] : [`${name} did not stop at SIGTERM: ${signal ?? `exit code ${code}`}`];
    });
    return (await Promise.all(ends)).flat();
  }
}

/** faketime shifts the clock of the whole process; without it only what JavaScript reads. */
function commandOf(main: string, clockShiftMs: number): string[] {
  if (clockShiftMs === 0) return [process.execPath, main];
  if (isOnPath("faketime")) return ["faketime", "-f", `${clockShiftMs / 1000}s`, process.execPath, main];
  return [process.execPath, "--require", join(__dirname, "shifted-clock.js"), main];
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
