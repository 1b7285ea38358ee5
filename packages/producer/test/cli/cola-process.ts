import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

const MAIN = resolve(__dirname, "../../dist/cola.js");

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCola {
  child: ChildProcess;
  finished: Promise<Finished>;
  /** Resolves when stdout or stderr matches. */
  said(pattern: RegExp): Promise<string>;
}

/** Starts `cola` as a person would, with an environment of its own. */
export function startCola(args: readonly string[], env: Record<string, string>, cwd: string): RunningCola {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME, COLAML_LOG_FILE: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", (data) => {
    stdout += data;
    notify();
  });
  child.stderr.on("data", (data) => {
    stderr += data;
    notify();
  });
  const finished = new Promise<Finished>((resolveFinished) => {
    child.once("close", (code) => {
      resolveFinished({ code, stdout, stderr });
      notify();
    });
  });
  const said = (pattern: RegExp) =>
    new Promise<string>((resolveSaid, reject) => {
      const look = () => {
        const match = pattern.exec(stdout + stderr);
        if (match) resolveSaid(match[0]);
        else if (child.exitCode !== null)
          reject(new Error(`ended without saying ${pattern}: ${stdout}${stderr}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return { child, finished, said };
}

/** Runs `cola` to its end. */
export function runCola(
  args: readonly string[],
  env: Record<string, string>,
  cwd: string,
): Promise<Finished> {
  return startCola(args, env, cwd).finished;
}
