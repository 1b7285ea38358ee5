import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { stopWithNpm } from "../setup/stop-with-npm.mjs";

/** Every process that a test run starts inherits this variable, which distinguishes it from all others. */
export const markName = "COLAML_TEST_RUN";

/** What ends by itself a moment after the run (a guard, a server that got its signal) does not count. */
const PATIENCE_MS = 8_000;

/**
 * Ends the processes that carry the mark and still run; says what they were. Empty if `/proc` does not show the
 * environment of processes (macOS).
 */
export async function endMarked(mark) {
  const deadline = Date.now() + PATIENCE_MS;
  while (marked(mark).length > 0 && Date.now() < deadline) await delay(200);
  return marked(mark).map((pid) => {
    const name = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 200);
    end(pid, "SIGKILL");
    return `${pid} ${name}`;
  });
}

/**
 * Ends all that a run has started, and this process, when it is stopped or the npm that runs it is gone: jest would go on
 * by itself, with its workers and servers.
 */
export function stopMarkedWithRun(mark) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, async () => {
      for (const pid of marked(mark)) end(pid, "SIGTERM");
      await endMarked(mark);
      process.exit(128 + constants.signals[signal]);
    });
  stopWithNpm();
}

/** One that has ended meanwhile needs no signal. */
function end(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function marked(mark) {
  const text = `${markName}=${mark}`;
  return pids().filter(
    (pid) => pid !== process.pid && read(`/proc/${pid}/environ`).split("\0").includes(text),
  );
}

function pids() {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
