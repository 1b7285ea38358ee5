import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COLA = fileURLToPath(new URL("../../packages/producer/dist/cola.js", import.meta.url));
/** What a failure shows of a program's errors. */
const SHOWN_LINES = 15;

const running = new Set();
let up;

/** Ends what was started, `cola up` last. */
export async function stopAll() {
  for (const child of running) if (child !== up) child.kill("SIGTERM");
  if (!up || up.exitCode !== null) return;
  const ended = new Promise((resolve) => up.once("close", resolve));
  up.kill("SIGTERM");
  await ended;
}

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => void stopAll().then(() => process.exit(1)));

/**
 * Runs a program to its end.
 *
 * @returns {Promise<{stdout: string, stderr: string}>}
 * @throws Error with the end of what it wrote if it fails
 */
export function run(command, args, { env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, env);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve({ stdout, stderr });
      const tail = (stderr + stdout).trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
      reject(new Error(`${tail}\n${command} ${args.join(" ")} failed (${signal ?? `exit code ${code}`})`));
    });
  });
}

/** Runs `cola` and gives what it prints with `--json`. */
export async function runCola(env, args) {
  const { stdout } = await run(process.execPath, [COLA, ...args, "--json"], { env });
  return JSON.parse(stdout);
}

/**
 * Starts servers and workers with `cola up`, their state in the folder.
 *
 * @returns {Promise<{env: NodeJS.ProcessEnv}>} an environment in which `cola` and mlflow find them
 */
export function colaUp(folder) {
  const env = {
    ...process.env,
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_LOG_FILE: "",
    REDIS_URL: "",
    MLFLOW_TRACKING_URI: "",
  };
  up = start(process.execPath, [COLA, "up", "--json", "--port", "0"], env);
  let [stdout, stderr] = ["", ""];
  up.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    up.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      if (!stdout.includes("\n")) return;
      resolve({ env: { ...env, MLFLOW_TRACKING_URI: JSON.parse(stdout).mlflowUri } });
    });
    up.once("close", () => reject(new Error(`cola up ended: ${stderr.trim()}`)));
  });
}

function start(command, args, env) {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}
