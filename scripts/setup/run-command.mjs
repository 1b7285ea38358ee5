import { spawn } from "node:child_process";
import { repoRoot } from "./paths.mjs";

const SHOWN_LINES = 15;

/** One line for a person; `run` and the setup steps throw nothing else on purpose. */
export class SetupError extends Error {}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a command quietly; what it printed is shown only when it fails.
 *
 * @returns its stdout
 * @throws SetupError
 */
export function run(command, args, { cwd = repoRoot, env = process.env, hint = "" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.once("error", (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const shown = [command, ...args].join(" ").slice(0, 200);
      const tail = output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
      reject(
        new SetupError(`${tail}\n${shown} failed (${signal ?? `exit code ${code}`})${hint && `: ${hint}`}`),
      );
    });
  });
}
