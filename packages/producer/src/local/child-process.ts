import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError, type ErrorCode, messageOf } from "@colaml/shared/errors/cola-error";
import { makeFolders } from "@colaml/shared/files/make-folders";
import { copyAndCutLog, rotateLog } from "@colaml/shared/logging/rotate-log";
import { guardGroup } from "./parent-guard";

/** How long a child may take to end after SIGTERM before it is killed. */
const STOP_TIMEOUT_MS = 10_000;
/** How often a starting child is asked whether it is ready. */
const READY_POLL_MS = 100;
/** How often it is looked whether the log of a child that runs has grown large. */
const LOG_LOOK_MS = 10_000;
/** What a failure message shows of the child's log. */
const LOG_TAIL_LINES = 5;

export interface ChildOptions {
  /** For messages, e.g. `Redis`. */
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Output and errors are appended here; the folder is made. */
  logFile: string;
  /** Bytes of the log file; then it becomes `<logFile>.1` and begins anew, also while the child runs. Default 64 MiB. */
  maxLogBytes?: number | undefined;
  /** Asked again and again until it says true; a rejection counts as not yet. Absent: ready at once. */
  ready?: () => Promise<boolean>;
  readyTimeoutMs?: number;
  stopTimeoutMs?: number;
  /** Code of the error when it cannot start. */
  failure?: ErrorCode;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process with its own process group. Who starts it stops it. */
export interface RunningChild {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason. */
  readonly exited: Promise<ChildExit>;
  /** Sends one signal to the whole group; nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the time it was given. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a process and waits until it is ready.
 *
 * It leads a process group of its own, so Ctrl-C at a terminal reaches only us and we stop children in order, last
 * started first. Should this process die without that (kill -9 too), a guard ends the group.
 *
 * @throws ColaError `options.failure` (default INTERNAL) with the end of its log, when it ends early or is not ready in time
 */
export async function startChild(options: ChildOptions): Promise<RunningChild> {
  const { logFile, maxLogBytes } = options;
  rotateLog(logFile, maxLogBytes);
  const logStart = sizeOf(logFile);
  const child = await spawnToLog(options);
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid!;
  const guard = guardGroup(pid);
  const logLook = setInterval(() => copyAndCutLog(logFile, maxLogBytes), LOG_LOOK_MS).unref();
  void exited.then(() => {
    guard.release();
    clearInterval(logLook);
  });
  const running: RunningChild = {
    name: options.name,
    pid,
    logFile,
    exited,
    signal: (signal) => signalGroup(pid, signal),
    stop: once(() => stopGroup(pid, exited, options.stopTimeoutMs ?? STOP_TIMEOUT_MS)),
  };
  const problem = await waitReady(options, exited);
  if (problem === undefined) return running;
  await running.stop();
  throw new ColaError(
    options.failure ?? "INTERNAL",
    `${options.name} ${problem}: ${logTail(logFile, logStart)} (log: ${logFile})`,
  );
}

async function spawnToLog(options: ChildOptions): Promise<ChildProcess> {
  await makeFolders(dirname(options.logFile));
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", log, log],
      detached: true,
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  } catch (error) {
    throw new ColaError(
      options.failure ?? "INTERNAL",
      `${options.name} does not start: ${options.command}: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    closeSync(log);
  }
}

/** Nothing when it became ready, else what went wrong. */
async function waitReady(options: ChildOptions, exited: Promise<ChildExit>): Promise<string | undefined> {
  if (!options.ready) return undefined;
  const timeoutMs = options.readyTimeoutMs ?? 60_000;
  const deadline = performance.now() + timeoutMs;
  let ended: ChildExit | undefined;
  void exited.then((exit) => {
    ended = exit;
  });
  while (performance.now() < deadline) {
    if (ended) return `ended while starting (${ended.signal ?? `exit code ${ended.code}`})`;
    if (await options.ready().catch(() => false)) return undefined;
    await Promise.race([delay(READY_POLL_MS), exited]);
  }
  return `was not ready within ${Math.round(timeoutMs / 1000)} s`;
}

async function stopGroup(pid: number, exited: Promise<ChildExit>, timeoutMs: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), timeoutMs);
  await exited;
  clearTimeout(timer);
  // What it started itself (MLflow's web server) may outlive it by a moment.
  const deadline = performance.now() + 2_000;
  while (groupLives(pid) && performance.now() < deadline) await delay(20);
  signalGroup(pid, "SIGKILL");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function logTail(file: string, from: number): string {
  const text = readFileSync(file).subarray(from).toString("utf8").trim();
  return text === "" ? "it wrote nothing" : text.split("\n").slice(-LOG_TAIL_LINES).join(" | ");
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}
